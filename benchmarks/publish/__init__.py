"""How fast a landlord's file is published."""
