"""How reports look and who hands them over: logo, colours, sender, by tenant and for the installation.

Stands in reporting because nothing but reports and the mails about them is dressed, and tenancy knows neither.
"""
