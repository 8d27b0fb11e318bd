"""Entra ID: sign-ins, changes in the directory and risks, through Microsoft Graph."""
