# Asterisk 22, the same package that `callcenter run` unpacks on a bare machine. In neither of Debian's releases so far: forky, else sid.
FROM debian:forky-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends 'asterisk=1:22.*' asterisk-core-sounds-en-wav \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/onekey onekey \
 && install -d -o onekey -g onekey -m 0700 /var/lib/onekey/asterisk /var/lib/onekey/phrases /run/asterisk
COPY --chmod=0755 deploy/asterisk-entrypoint /usr/local/bin/asterisk-entrypoint
USER onekey
ENTRYPOINT ["/usr/local/bin/asterisk-entrypoint"]
