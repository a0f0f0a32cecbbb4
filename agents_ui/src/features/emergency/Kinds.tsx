import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ProtocolView } from '../../api/types';
import { KindChoice, KINDS } from './KindChoice';
import type { ProtocolActs } from './use-protocol';
import { kindWord } from './words';

/** What it is, in large words while nobody knows; else behind one key. */
export function Kinds({ view, acts, large }: { view: ProtocolView; acts: ProtocolActs; large: boolean }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  if (large)
    return (
      <section className="em-kinds" data-testid="kinds-large">
        <h3>{t('emergencyPage.steps.whichKind')}</h3>
        <KindChoice
          value={null}
          kinds={KINDS.filter((kind) => kind !== 'unknown')}
          disabled={acts.pending}
          onChange={(kind) => acts.change(view.run, kind)}
        />
      </section>
    );
  return (
    <div className="em-change">
      <Button type="link" size="small" onClick={() => setOpen(true)} data-testid="change-kind">
        {t('emergencyPage.steps.change', { kind: kindWord(view.kind) })}
      </Button>
      <Modal
        open={open}
        footer={null}
        width={640}
        title={t('emergencyPage.steps.changeTitle')}
        onCancel={() => setOpen(false)}
      >
        <p className="quiet">{t('emergencyPage.steps.changeHelp')}</p>
        <KindChoice
          value={view.kind}
          onChange={(kind) => {
            acts.change(view.run, kind);
            setOpen(false);
          }}
        />
      </Modal>
    </div>
  );
}
