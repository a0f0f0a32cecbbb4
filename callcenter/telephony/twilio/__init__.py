"""Twilio as a second carrier behind the telephony port (docs/twilio.md, docs/adr/0008).

Twilio asks us over HTTP what a call shall do next, and tells what became of it; both come to the process `public`, which strangers reach and which
holds no engine. So what lives at Twilio lies in three small tables of this package: `public` moves a row by what Twilio tells and answers from it
(`documents`); voice, the adapter, writes what it wants there and asks Twilio by REST to do it at once. What is news for the engine is a row in
`carrier_events`, woken by NOTIFY.

    documents   TwiML for a channel as its row says            causes    Twilio's words for an end or a refusal, as the port's
    store       reading and writing the rows                   rest      Twilio's own client, with retries and the port's errors
    callbacks   what a signed request of Twilio's means        adapter   the port
"""
