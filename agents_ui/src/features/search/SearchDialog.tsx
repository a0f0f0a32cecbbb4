import { Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ElderDrawer } from './ElderDrawer';
import { ElderSearch } from './ElderSearch';

/** Ctrl K: finds an elder and opens her profile. */
export function SearchDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const [elderId, setElderId] = useState<string | null>(null);
  return (
    <>
      <Modal
        open={open}
        title={t('search.title')}
        footer={null}
        onCancel={onClose}
        width={720}
        destroyOnHidden
        style={{ top: 72 }}
      >
        <ElderSearch
          autoFocus
          chosenId={null}
          onPick={(hit) => {
            setElderId(hit.id);
            onClose();
          }}
        />
      </Modal>
      <ElderDrawer elderId={elderId} onClose={() => setElderId(null)} />
    </>
  );
}
