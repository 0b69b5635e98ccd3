"""The published layer as open data: a folder per vintage, ready for data.gouv.fr."""
