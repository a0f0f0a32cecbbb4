import { CaretRightOutlined, PauseOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useId, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../i18n/words';
import { duration } from '../../kit/format';
import { HEIGHT, keyLeadsTo, nextSpeed, soundsNow, strokes } from './player';
import { useWaveform } from './queries';
import './recordings.css';

/** Sound with its waveform. Nothing is fetched of the sound before somebody plays it: every hearing is written down. */
export function RecordingPlayer({ recordingId, seconds }: { recordingId: string; seconds: number }) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [speed, setSpeed] = useState(1);
  const [broken, setBroken] = useState(false);
  const seek = (to: number): void => {
    setAt(to);
    if (audio.current !== null) audio.current.currentTime = to;
  };
  const toggle = (): void => {
    const sound = audio.current;
    if (sound === null) return;
    if (playing) {
      sound.pause();
      return;
    }
    setBroken(false);
    soundsNow(sound);
    sound.playbackRate = speed;
    sound.play().catch(() => setBroken(true));
  };
  const faster = (): void => {
    const next = nextSpeed(speed);
    setSpeed(next);
    if (audio.current !== null) audio.current.playbackRate = next;
  };
  return (
    <div className="recording-player" data-testid="recording-player" role="group" aria-label={t('recordings.player')}>
      <Button
        shape="circle"
        icon={playing ? <PauseOutlined /> : <CaretRightOutlined />}
        aria-label={playing ? t('recordings.pause') : t('recordings.play')}
        data-testid="recording-play"
        onClick={toggle}
      />
      <Waveform recordingId={recordingId} seconds={seconds} at={at} onSeek={seek} />
      <span className="num recording-clock" data-testid="recording-clock">
        {duration(at * 1000)} / {duration(seconds * 1000)}
      </span>
      <Button
        size="small"
        className="num"
        data-testid="recording-speed"
        aria-label={t('recordings.speed', { speed })}
        onClick={faster}
      >
        {speed}×
      </Button>
      <audio
        ref={audio}
        preload="none"
        src={`/api/recordings/${recordingId}/audio`}
        data-testid="recording-audio"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setPlaying(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onError={() => setBroken(true)}
      />
      {broken && (
        <p className="recording-broken" role="alert">
          {t('recordings.broken')}
        </p>
      )}
    </div>
  );
}

interface WaveformProps {
  recordingId: string;
  seconds: number;
  at: number;
  onSeek: (to: number) => void;
}

/** Also the slider: click, or arrow keys. */
function Waveform({ recordingId, seconds, at, onSeek }: WaveformProps) {
  const { t } = useTranslation();
  const clip = useId();
  const waveform = useWaveform(recordingId);
  const peaks = waveform.data?.peaks ?? [];
  const width = Math.max(1, peaks.length);
  const heard = seconds > 0 ? Math.min(1, at / seconds) : 0;
  const path = strokes(peaks);
  const onKey = (event: KeyboardEvent): void => {
    const to = keyLeadsTo(event.key, at, seconds);
    if (to === null) return;
    event.preventDefault();
    onSeek(to);
  };
  const onPointer = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    if (box.width > 0) onSeek(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * seconds);
  };
  return (
    <div
      className="recording-wave"
      role="slider"
      tabIndex={0}
      aria-label={t('recordings.position')}
      aria-valuemin={0}
      aria-valuemax={Math.round(seconds)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={`${duration(at * 1000)} / ${duration(seconds * 1000)}`}
      data-testid="recording-position"
      onKeyDown={onKey}
      onPointerDown={onPointer}
    >
      {waveform.isError ? (
        <span className="quiet">{errorText(waveform.error)}</span>
      ) : (
        <svg viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <clipPath id={clip}>
            <rect x="0" y="0" width={width * heard} height={HEIGHT} />
          </clipPath>
          <path d={path} className="recording-wave-all" />
          <path d={path} className="recording-wave-heard" clipPath={`url(#${clip})`} />
        </svg>
      )}
      <span className="recording-needle" style={{ left: `${(heard * 100).toFixed(2)}%` }} />
    </div>
  );
}
