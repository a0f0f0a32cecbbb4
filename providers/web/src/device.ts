/** What the telephone can do: where it is, a photograph made small, a QR code. Each says in words why not. */
import type { Key } from './i18n';

export class CanNot extends Error {
  constructor(readonly key: Key) {
    super(key);
  }
}

const SIDE = 1280; // the server keeps no more
const QUALITY = 0.72;

export interface Place {
  latitude: number;
  longitude: number;
  accuracy_m: number;
  at: string;
}

export function whereAmI(): Promise<Place> {
  if (!('geolocation' in navigator)) return Promise.reject(new CanNot('place.none'));
  return new Promise((resolve, reject) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) =>
        resolve({
          latitude: coords.latitude,
          longitude: coords.longitude,
          accuracy_m: Math.min(coords.accuracy, 100_000),
          at: new Date(timestamp).toISOString(),
        }),
      (error) => reject(new CanNot(error.code === error.PERMISSION_DENIED ? 'place.refused' : 'place.off')),
      { enableHighAccuracy: true, timeout: 25_000, maximumAge: 30_000 },
    ),
  );
}

/** A photograph scaled down to what is needed, as base64 of a JPEG: some hundred kilobytes instead of five megabytes over a bad network. */
export async function small(file: Blob): Promise<string> {
  const image = new Image();
  const url = URL.createObjectURL(file);
  try {
    image.src = url;
    await image.decode();
    const scale = Math.min(1, SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const base64 = canvas.toDataURL('image/jpeg', QUALITY).split(',')[1];
    if (!base64) throw new CanNot('photo.bad');
    return base64;
  } catch {
    throw new CanNot('photo.bad');
  } finally {
    URL.revokeObjectURL(url);
  }
}

interface Detector {
  detect: (from: HTMLVideoElement) => Promise<{ rawValue: string }[]>;
}
type DetectorClass = new (options: { formats: string[] }) => Detector;

export const canScan = (): boolean => 'BarcodeDetector' in window && 'mediaDevices' in navigator;

/** Reads the first QR code that the back camera sees, until `stop` is called. */
export async function scan(video: HTMLVideoElement, found: (text: string) => void): Promise<() => void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  video.srcObject = stream;
  await video.play();
  const detector = new (window as unknown as { BarcodeDetector: DetectorClass }).BarcodeDetector({
    formats: ['qr_code'],
  });
  let going = true;
  const stop = (): void => {
    going = false;
    for (const track of stream.getTracks()) track.stop();
  };
  const look = async (): Promise<void> => {
    if (!going) return;
    const [first] = await detector.detect(video).catch(() => []);
    if (first && going) {
      stop();
      found(first.rawValue);
    } else setTimeout(() => void look(), 250);
  };
  void look();
  return stop;
}
