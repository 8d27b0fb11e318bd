"""A Discord on this machine's own address: REST and gateway, with the limits that a bot meets there.

For tests, measurements and the demonstration. It is small where no bot of ours looks, and strict where one could go
wrong: three seconds, one answer, fifteen minutes, forty components, nonces, archived posts, limits by route, mentions.
"""
