"""The MSSP assurance report (R10): what the provider can show about itself to this customer."""
