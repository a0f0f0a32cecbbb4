import { useEffect, useRef, useState } from 'preact/hooks';
import { act } from '../core';
import { canScan, CanNot, scan, whereAmI } from '../device';
import { t } from '../i18n';
import { PhotoKey } from '../parts/Photo';
import { Sheet } from '../parts/Sheet';
import { app, say } from '../state';
import type { Job, Phase, Proof } from '../types';

/** At the door: which proof, and what to do for it. */
export function ProofSheet({ job, phase, close }: { job: Job; phase: Phase; close: () => void }) {
  return (
    <Sheet title={t(`proof.${phase}`)} close={close}>
      <Proofs job={job} phase={phase} done={close} />
    </Sheet>
  );
}

export function Proofs({ job, phase, done }: { job: Job; phase: Phase; done: () => void }) {
  const given = phase === 'in' ? job.proofs_in : job.proofs_out;
  const kind = phase === 'in' ? 'check_in' : 'check_out';
  const path = `/api/jobs/${job.order_id}/proofs`;
  const send = (how: string, body: Record<string, unknown>): void => {
    done();
    void act(kind, job.order_id, `${path}/${how}`, { phase, ...body });
  };
  const has = (proof: Proof): boolean => given.includes(proof);
  return (
    <>
      <p>{job.proofs_needed > 1 ? t('proof.two', { n: given.length }) : t('proof.one')}</p>
      {given.length > 0 && (
        <p class="good-words">{t('proof.has', { list: given.map((one) => t(`proof.${one}`)).join('、') })}</p>
      )}
      {!has('service_code') && <ByCode job={job} send={(code) => send('code', { code })} />}
      {!has('position_photo') && <ByPosition send={(body) => send('position', body)} />}
      {!has('door_tag') && <ByTag send={(tag) => send('tag', { tag })} />}
      {!has('elder_phone') && (
        <p class="quiet">{t('proof.phone_what', { line: app().me?.job_line ?? '', code: job.job_code })}</p>
      )}
    </>
  );
}

function ByCode({ job, send }: { job: Job; send: (code: string) => void }) {
  const [code, setCode] = useState('');
  if (job.code_locked) return <p class="problem">{t('proof.locked', { hotline: app().me?.hotline ?? '' })}</p>;
  return (
    <section class="proof">
      <label for="service-code">{t('proof.code_what')}</label>
      <input
        id="service-code"
        data-testid="service-code"
        class="big-input code"
        type="text"
        inputMode="numeric"
        autoComplete="off"
        maxLength={6}
        value={code}
        onInput={(event) => setCode(event.currentTarget.value.replace(/\D/g, ''))}
      />
      <button type="button" class="key" disabled={code.length !== 6} onClick={() => send(code)} data-testid="send-code">
        {t('proof.code_do')}
      </button>
    </section>
  );
}

function ByPosition({ send }: { send: (body: Record<string, unknown>) => void }) {
  const [looking, setLooking] = useState(false);
  const taken = (photo: string): void => {
    setLooking(true);
    whereAmI()
      .then((position) => send({ position, photo }))
      .catch((error: unknown) => say(t(error instanceof CanNot ? error.key : 'place.off'), 'bad'))
      .finally(() => setLooking(false));
  };
  return (
    <section class="proof">
      <p>{t('proof.position_what')}</p>
      <PhotoKey
        words={looking ? t('place.waiting') : t('proof.position_do')}
        disabled={looking}
        taken={taken}
        testid="position-photo"
      />
    </section>
  );
}

function ByTag({ send }: { send: (tag: string) => void }) {
  const [digits, setDigits] = useState('');
  const [scanning, setScanning] = useState(false);
  return (
    <section class="proof">
      <label for="tag">{t('proof.tag_what')}</label>
      <input
        id="tag"
        class="big-input"
        type="text"
        inputMode="numeric"
        autoComplete="off"
        maxLength={8}
        value={digits}
        onInput={(event) => setDigits(event.currentTarget.value.replace(/\D/g, ''))}
      />
      <p class="quiet">{t('proof.tag_alone')}</p>
      {scanning && <Scanner found={send} fail={() => setScanning(false)} />}
      {canScan() && !scanning && (
        <button type="button" class="key second" onClick={() => setScanning(true)}>
          {t('proof.tag_scan')}
        </button>
      )}
      <button
        type="button"
        class="key second"
        disabled={digits.length !== 8}
        onClick={() => send(digits)}
        data-testid="send-tag"
      >
        {t('proof.tag_do')}
      </button>
    </section>
  );
}

function Scanner({ found, fail }: { found: (text: string) => void; fail: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let stop: (() => void) | undefined;
    let gone = false;
    if (video.current)
      scan(video.current, (text) => found(text.slice(0, 100)))
        .then((end) => {
          stop = end;
          if (gone) end();
        })
        .catch(fail);
    return () => {
      gone = true;
      stop?.();
    };
    // once: the camera is opened when it is shown and closed when it goes
  }, []);
  return <video ref={video} class="scanner" muted playsInline aria-label={t('proof.tag_scan')} />;
}
