"""Signing in beyond the password: sessions, second factors, tokens, counted guesses. ADR 0011."""
