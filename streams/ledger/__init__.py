"""The ledger of moves and the registers of stocks and declarations."""
