"""Work without a host, loaded only while there is none (seldom.py)."""
