import { useId } from 'react';

interface Props {
  /** By the hour; null: nothing was there to be measured. */
  values: readonly (number | null)[];
  /** A line across, in the same unit. */
  target?: number | null;
  most?: number;
  label: string;
}

const W = 240;
const H = 36;

/** A small line by the hour: gaps where nothing happened, the target dotted. */
export function Spark({ values, target = null, most = 1, label }: Props) {
  const id = useId();
  const top = Math.max(most, ...values.map((value) => value ?? 0), 0.0001);
  const x = (place: number): number => (place / Math.max(1, values.length - 1)) * W;
  const y = (value: number): number => H - 2 - (value / top) * (H - 4);
  const runs: string[] = [];
  let run: string[] = [];
  values.forEach((value, place) => {
    if (value !== null) run.push(`${x(place).toFixed(1)},${y(value).toFixed(1)}`);
    if (value === null || place === values.length - 1) {
      if (run.length > 0) runs.push(run.join(' '));
      run = [];
    }
  });
  return (
    <svg className="spark" viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" role="img" aria-labelledby={id}>
      <title id={id}>{label}</title>
      {target !== null && <line className="spark-target" x1="0" x2={W} y1={y(target)} y2={y(target)} />}
      {runs.map((points) =>
        points.includes(' ') ? (
          <polyline key={points} className="spark-line" points={points} />
        ) : (
          <circle key={points} className="spark-dot" cx={points.split(',')[0]} cy={points.split(',')[1]} r="2.5" />
        ),
      )}
    </svg>
  );
}
