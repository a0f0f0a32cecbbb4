import { MoreOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, DatePicker, Dropdown, Input, Modal, Radio, Select } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { asApiError } from '../../api/errors';
import type { OrderDetail } from '../../api/types';
import { useNow } from '../../app/console-context';
import { errorText } from '../../i18n/words';
import { prominent, send, splitActs, type Act, type Filled } from './acts';
import { AssignDialog } from './AssignDialog';
import { say } from './words';

const MOST = 3;
const WHY = ['elder', 'family', 'away', 'hospital', 'mistake', 'no_store', 'died', 'other'];
const NEEDS_REASON: Act[] = ['take_back', 'dispute', 'verify', 'rework', 'proof'];
const HINTS = {
  take_back: 'takeBackHint',
  rework: 'reworkHint',
  dispute: 'disputeHint',
  verify: 'verifyHint',
  proof: 'proofHint',
} as const;

/** What is changed on the server is fetched anew wherever it is shown. */
export function useRefreshed(): (order: OrderDetail | null, caseId: string) => void {
  const queries = useQueryClient();
  return (order, caseId) => {
    if (order !== null) queries.setQueryData(['order', order.id, order.version], order);
    for (const key of [['order'], ['case-orders', caseId], ['case', caseId], ['order-stores']]) {
      void queries.invalidateQueries({ queryKey: key });
    }
  };
}

/** The possible next acts as buttons, the first one bold; what is not possible now stands in the menu and says why. */
export function OrderActs({ order }: { order: OrderDetail }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Act | null>(null);
  const possible = prominent(order);
  const { hindered } = splitActs(order.acts);
  const shown = possible.slice(0, MOST);
  const rest = possible.slice(MOST);
  return (
    <div className="order-acts">
      {shown.map((act, at) => (
        <Button
          key={act}
          size="small"
          type={at === 0 && order.attention !== '' ? 'primary' : 'default'}
          danger={act === 'cancel'}
          data-testid={`act-${act}`}
          onClick={() => setOpen(act)}
        >
          {say('act', act)}
        </Button>
      ))}
      {(rest.length > 0 || hindered.length > 0) && (
        <Dropdown
          trigger={['click']}
          menu={{
            items: [
              ...rest.map((act) => ({ key: act, label: say('act', act), danger: act === 'cancel' })),
              ...hindered.map(({ act, why }) => ({
                key: act,
                disabled: true,
                label: (
                  <span className="act-hindered">
                    {say('act', act)} <small>{say('hinder', why)}</small>
                  </span>
                ),
              })),
            ],
            onClick: ({ key }) => setOpen(key as Act),
          }}
        >
          <Button size="small" icon={<MoreOutlined />} aria-label={t('ordersPage.act.more')} data-testid="act-more" />
        </Dropdown>
      )}
      {open === 'assign' && <AssignDialog order={order} onClose={() => setOpen(null)} />}
      {open === 'service_code' && <CodeDialog order={order} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'assign' && open !== 'service_code' && (
        <ActDialog key={open} order={order} act={open} onClose={() => setOpen(null)} />
      )}
    </div>
  );
}

interface DialogProps {
  order: OrderDetail;
  act: Exclude<Act, 'assign' | 'service_code'>;
  onClose: () => void;
}

function ActDialog({ order, act, onClose }: DialogProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const refreshed = useRefreshed();
  const now = useNow(60_000);
  const [filled, setFilled] = useState<Filled>({
    reason: '',
    why: act === 'cancel' && order.attention === 'nobody' ? 'no_store' : 'elder',
    sameStore: true,
    phase: order.state === 'done' || order.state === 'in_service' ? 'out' : 'in',
    from: '',
    notes: order.notes,
  });
  const set = (part: Partial<Filled>): void => setFilled((before) => ({ ...before, ...part }));
  const does = useMutation({
    mutationFn: () => send(order, act, filled),
    onSuccess: (after) => {
      refreshed(after, order.case_id);
      void message.success(`${say('act', act)} · ${t('ordersPage.dialog.done')}`);
      onClose();
    },
    onError: (error) => {
      if (asApiError(error).code === 'order_changed') refreshed(null, order.case_id);
    },
  });
  const nothing =
    (NEEDS_REASON.includes(act) && filled.reason.trim() === '') ||
    (act === 'change' && filled.from === '' && filled.notes.trim() === order.notes);
  const hint = act in HINTS ? t(`ordersPage.dialog.${HINTS[act as keyof typeof HINTS]}`) : '';
  return (
    <Modal
      open
      title={`${say('act', act)} · ${order.number}`}
      okText={act === 'cancel' ? say('act', 'cancel') : t('ordersPage.dialog.ok')}
      cancelText={t('common.close')}
      okButtonProps={
        { disabled: nothing, loading: does.isPending, danger: act === 'cancel', 'data-testid': 'act-ok' } as never
      }
      onOk={() => does.mutate()}
      onCancel={onClose}
    >
      <div className="move-form">
        {act === 'no_answer' && <Alert type="warning" showIcon title={t('ordersPage.dialog.noAnswerText')} />}
        {act === 'cancel' && (
          <label>
            {t('ordersPage.dialog.reason')}
            <Select
              value={filled.why}
              aria-label={t('ordersPage.dialog.reason')}
              onChange={(why) => set({ why })}
              options={WHY.map((value) => ({ value, label: say('why', value) }))}
            />
          </label>
        )}
        {act === 'rework' && (
          <Radio.Group value={filled.sameStore} onChange={(event) => set({ sameStore: Boolean(event.target.value) })}>
            <Radio value>{t('ordersPage.dialog.sameStore')}</Radio>
            <Radio value={false}>{t('ordersPage.dialog.otherStore')}</Radio>
          </Radio.Group>
        )}
        {act === 'proof' && (
          <Radio.Group value={filled.phase} onChange={(event) => set({ phase: event.target.value as 'in' })}>
            <Radio value="in">{say('phase', 'in')}</Radio>
            <Radio value="out">{say('phase', 'out')}</Radio>
          </Radio.Group>
        )}
        {act === 'change' ? (
          <>
            <label>
              {t('ordersPage.dialog.time')}
              <DatePicker
                showTime={{ format: 'HH:mm', minuteStep: 15 }}
                format="MM-DD HH:mm"
                minDate={dayjs(now)}
                maxDate={dayjs(now).add(90, 'day')}
                placeholder={t('ordersPage.dialog.keepTime')}
                aria-label={t('ordersPage.dialog.time')}
                onChange={(day: dayjs.Dayjs | null) => set({ from: day === null ? '' : day.toISOString() })}
              />
            </label>
            <label>
              {t('ordersPage.form.notes')}
              <Input.TextArea
                rows={2}
                maxLength={500}
                value={filled.notes}
                onChange={(event) => set({ notes: event.target.value })}
              />
            </label>
          </>
        ) : (
          act !== 'ask_again' &&
          act !== 'no_answer' && (
            <label>
              {act === 'cancel' ? t('ordersPage.dialog.note') : t('ordersPage.dialog.reason')}
              <Input.TextArea
                rows={2}
                maxLength={500}
                value={filled.reason}
                placeholder={hint}
                data-testid="act-reason"
                onChange={(event) => set({ reason: event.target.value })}
              />
            </label>
          )
        )}
        {does.isError && <Alert type="error" showIcon title={errorText(does.error)} />}
      </div>
    </Modal>
  );
}

/** The new code is shown once, large, to be read out; afterwards it stands in the order. */
function CodeDialog({ order, onClose }: { order: OrderDetail; onClose: () => void }) {
  const { t } = useTranslation();
  const refreshed = useRefreshed();
  const make = useMutation({
    mutationFn: () =>
      unwrap(
        api.POST('/api/orders/{order_id}/service-code', {
          params: { path: { order_id: order.id } },
          body: { version: order.version },
        }),
      ),
    onSuccess: () => refreshed(null, order.case_id),
  });
  return (
    <Modal
      open
      title={`${say('act', 'service_code')} · ${order.number}`}
      okText={make.isSuccess ? t('common.close') : say('act', 'service_code')}
      cancelButtonProps={{ style: make.isSuccess ? { display: 'none' } : {} }}
      okButtonProps={{ loading: make.isPending, 'data-testid': 'act-ok' } as never}
      onOk={() => (make.isSuccess ? onClose() : make.mutate())}
      onCancel={onClose}
    >
      <div className="move-form">
        {make.isSuccess ? (
          <p className="service-code num" aria-live="polite" data-testid="new-code">
            <span className="quiet">{t('ordersPage.dialog.codeNew')}</span> {spaced(make.data.code)}
          </p>
        ) : (
          <p>{t('ordersPage.dialog.codeText')}</p>
        )}
        {make.isError && <Alert type="error" showIcon title={errorText(make.error)} />}
      </div>
    </Modal>
  );
}

/** 123 456: easier to be read out. */
export const spaced = (code: string): string => code.replace(/^(\d{3})(\d{3})$/, '$1 $2');
