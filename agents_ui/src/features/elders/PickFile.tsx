import { PaperClipOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useRef } from 'react';

interface Props {
  label: string;
  accept: string;
  chosen: File | null;
  onPick: (file: File | null) => void;
}

/** The browser's own field speaks the browser's language; this one speaks the console's. */
export function PickFile({ label, accept, chosen, onPick }: Props) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <span className="part-row">
      <Button icon={<PaperClipOutlined />} onClick={() => field.current?.click()}>
        {label}
      </Button>
      <span className="quiet">{chosen?.name}</span>
      <input
        ref={field}
        style={{ display: 'none' }} // a form's own style shows what is only `hidden`
        type="file"
        accept={accept}
        aria-label={label}
        onChange={(event) => onPick(event.target.files?.[0] ?? null)}
      />
    </span>
  );
}
