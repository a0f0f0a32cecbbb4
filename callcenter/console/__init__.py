"""What agents see and do: REST routes, the socket, the views both show. Owns no domain data; every rule is in the domain it asks.

`views` builds what one reader may see, `hub` keeps every console in step, `desk` carries commands to voice.
"""
