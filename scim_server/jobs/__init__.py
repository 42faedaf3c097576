"""Work that no request waits for: delivering mail, checking domains, sealing the audit log, warning of expiry."""
