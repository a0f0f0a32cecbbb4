import { AudioOutlined, SoundOutlined } from '@ant-design/icons';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useConsole } from '../../app/console-context';

const EVERY_MS = 100;
/** Below this nothing is heard. */
const FLOOR_DB = -60;

/** RMS (0..1) as a share of the bar, on a scale of decibels. */
export function levelShare(rms: number): number {
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.max(0, Math.min(1, (db - FLOOR_DB) / -FLOOR_DB));
}

/** Whether we are heard, and whether the other side is: small, always there in a call. Drawn past React, ten times a second. */
export function LevelMeter({ onlyOwn = false }: { onlyOwn?: boolean }) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const own = useRef<HTMLSpanElement>(null);
  const other = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      const levels = desk.phone.levels();
      if (own.current) own.current.style.transform = `scaleX(${levelShare(levels.out)})`;
      if (other.current) other.current.style.transform = `scaleX(${levelShare(levels.in)})`;
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [desk]);
  return (
    <div className="meters">
      <AudioOutlined title={t('phone.level')} />
      <span className="meter" role="img" aria-label={t('phone.level')}>
        <span ref={own} className="meter-bar" />
      </span>
      {!onlyOwn && (
        <>
          <SoundOutlined title={t('phone.levelIn')} />
          <span className="meter" role="img" aria-label={t('phone.levelIn')}>
            <span ref={other} className="meter-bar" />
          </span>
        </>
      )}
    </div>
  );
}
