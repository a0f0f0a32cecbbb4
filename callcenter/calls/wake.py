"""NOTIFY channels between voice and the others. A notice carries an id or nothing: what there is to do stands in rows."""

WAKE_VOICE = "onekey_voice"
COMMAND_DONE = "onekey_command_done"
