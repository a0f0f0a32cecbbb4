import { api, unwrap } from '../../api/client';
import { toApiError } from '../../api/errors';
import type { Consents, ImportReport, Profile } from '../../api/types';

/** Files go as they are, not inside a form. */
const RAW = {
  bodySerializer: (body: unknown) => body as Blob,
  headers: { 'Content-Type': 'application/octet-stream' },
};

export function sendPhoto(elderId: string, file: File): Promise<Profile> {
  return unwrap(
    api.POST('/api/elders/{elder_id}/photo', {
      params: { path: { elder_id: elderId } },
      body: file as unknown as string,
      ...RAW,
    }),
  );
}

export function sendForm(
  elderId: string,
  consent: { item: string; act: 'given' | 'withdrawn'; proof: string },
  file: File,
): Promise<Consents> {
  return unwrap(
    api.POST('/api/elders/{elder_id}/consents/form', {
      params: { path: { elder_id: elderId }, query: consent },
      body: file as unknown as string,
      ...RAW,
    }),
  );
}

export function sendTable(file: File): Promise<ImportReport> {
  return unwrap(
    api.POST('/api/elder-imports', {
      params: { query: { name: file.name } },
      body: file as unknown as string,
      ...RAW,
    }),
  );
}

/** A file that the server makes; a refusal is an error to show, not a file to keep. */
export async function fetchFile(path: string, name: string): Promise<void> {
  const answer = await fetch(path, { credentials: 'same-origin' });
  if (!answer.ok) throw toApiError(await answer.json().catch(() => null), answer.status);
  const told = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1];
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = told === undefined ? name : decodeURIComponent(told);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
