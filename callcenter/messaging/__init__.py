"""Messages to people who are not at a console: text messages to stores, elders and families, web push to stores' browsers.

Owns the rows of what is to be said, their life at a carrier, and the words. It does not know what a job or a licence is: whoever has something to
say queues it in its own transaction (`actions.queue_message`), with a key of its own that is used once.
"""
