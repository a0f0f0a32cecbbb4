import { useId } from 'react';

/** A file's text. GBK, in which spreadsheets on Windows write CSV, is understood too. */
export function FileField({
  label,
  accept,
  onText,
}: {
  label: string;
  accept: string;
  onText: (text: string) => void;
}) {
  const id = useId();
  return (
    <p>
      <label htmlFor={id}>{label} </label>
      <input
        id={id}
        type="file"
        accept={accept}
        data-testid="file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) void file.arrayBuffer().then((bytes) => onText(decoded(bytes)));
        }}
      />
    </p>
  );
}

export function decoded(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gbk').decode(bytes);
  }
}
