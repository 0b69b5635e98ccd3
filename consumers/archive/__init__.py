"""The operator's own cold copy of what landlords sent: Parquet files by landlord and month of arrival."""
