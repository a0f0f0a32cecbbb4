import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  /** Nobody was called yet: the list is discarded. */
  draft: boolean;
  pending: boolean;
  onStop: () => void;
}

/** Stops it for good, after one question. */
export function StopKey({ draft, pending, onStop }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const label = t(draft ? 'campaignPage.discard' : 'campaignPage.stop');
  return (
    <>
      <Button size="large" danger={!draft} loading={pending} data-testid="campaign-stop" onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Modal
        open={open}
        title={t(draft ? 'campaignPage.discardTitle' : 'campaignPage.stopTitle')}
        okText={label}
        okButtonProps={{ danger: true, 'data-testid': 'campaign-stop-ok' }}
        cancelText={t('common.cancel')}
        onOk={() => {
          setOpen(false);
          onStop();
        }}
        onCancel={() => setOpen(false)}
      >
        {t(draft ? 'campaignPage.discardHelp' : 'campaignPage.stopHelp')}
      </Modal>
    </>
  );
}
