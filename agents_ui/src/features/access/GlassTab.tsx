import { CheckOutlined, QuestionOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Dropdown, Empty, Form, Input, Modal, Segmented, Skeleton, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { api, unwrap } from '../../api/client';
import { useNow } from '../../app/console-context';
import { errorText, word } from '../../i18n/words';
import { moment } from '../../kit/format';
import { useGlass, useGlassDetail, type GlassItem, type Which } from './queries';
import { verbWord } from './words';
import '../../kit/tone.css';

/** Every elder who was opened without a call: why, what was looked at, whether that was right, whether she knows. */
export function GlassTab() {
  const { t } = useTranslation();
  const [which, setWhich] = useState<Which>('open');
  const [emergency, setEmergency] = useState(false);
  const list = useGlass(which, emergency);
  return (
    <>
      <div className="access-bar">
        <Segmented<Which>
          value={which}
          onChange={setWhich}
          options={[
            { value: 'open', label: t('accessPage.glassOpen') },
            { value: 'untold', label: t('accessPage.glassUntold') },
            { value: 'all', label: t('accessPage.glassAll') },
          ]}
        />
        <Checkbox
          checked={emergency}
          onChange={(event) => setEmergency(event.target.checked)}
          data-testid="glass-emergency"
        >
          {t('safetyPage.glass.emergencyOnly')}
        </Checkbox>
        <span className="quiet">{t('accessPage.glassHelp')}</span>
      </div>
      {list.isError && <Alert type="error" showIcon title={errorText(list.error)} />}
      {list.isPending && <Skeleton active />}
      {list.data?.length === 0 && <Empty description={t('accessPage.glassNone')} />}
      <div className="glass-list" data-testid="glass-list">
        {list.data?.map((item) => (
          <GlassCard key={item.id} item={item} />
        ))}
      </div>
    </>
  );
}

function GlassCard({ item }: { item: GlassItem }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const now = useNow(60_000);
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  const detail = useGlassDetail(open ? item.id : null);
  const path = { params: { path: { grant_id: item.id } } };

  const done = (work: Promise<unknown>): Promise<void> =>
    work.then(
      () => void queries.invalidateQueries({ queryKey: ['glass'] }),
      (error: unknown) => {
        void message.error(errorText(error));
        void queries.invalidateQueries({ queryKey: ['glass'] });
      },
    );
  const review = (verdict: 'fine' | 'questioned', note: string): Promise<void> =>
    done(unwrap(api.POST('/api/glass/{grant_id}/review', { ...path, body: { verdict, note } })));
  const tell = (whom: 'elder' | 'family'): Promise<void> =>
    done(unwrap(api.POST('/api/glass/{grant_id}/told', { ...path, body: { whom } })));
  const hours = Math.max(1, Math.round(Math.abs(Date.parse(item.due_at) - now) / 3_600_000));

  return (
    <article className={item.overdue ? 'glass-card glass-overdue' : 'glass-card'} data-testid={`glass-${item.id}`}>
      <div className="glass-what">
        <div>
          <strong>{item.by_name}</strong> <span className="quiet">{word('role', item.by_role)}</span>{' '}
          {t('accessPage.glassOpened')} <strong>{item.elder_name}</strong> <span className="quiet">{item.place}</span>
          <span className="quiet num"> · {moment(Date.parse(item.at), now)}</span>
        </div>
        <div className="glass-reason">
          “{item.reason}”{' '}
          {item.case_id !== null && (
            <Link className="tone tone-late" to={`/emergencies/${item.case_id}/report`} data-testid={`case-${item.id}`}>
              {t('safetyPage.glass.forCase', { number: item.case_number })}
            </Link>
          )}
        </div>
        <div className="glass-state">
          {item.verdict === null ? (
            <span className={item.overdue ? 'tone tone-late' : 'tone tone-due'}>
              {t(item.overdue ? 'accessPage.glassOverdue' : 'accessPage.glassDue', { n: hours })}
            </span>
          ) : (
            <span className={item.verdict === 'fine' ? 'tone tone-ok' : 'tone tone-ask'}>
              {t(item.verdict === 'fine' ? 'accessPage.glassWasFine' : 'accessPage.glassWasQuestioned')} ·{' '}
              {item.reviewer_name}
            </span>
          )}
          <span className={item.told_whom === null ? 'tone' : 'tone tone-ok'}>
            {item.told_whom === null
              ? t('accessPage.notTold')
              : `${t(item.told_whom === 'elder' ? 'accessPage.toldElder' : 'accessPage.toldFamily')} · ${item.told_by_name}`}
          </span>
          {item.note !== '' && <span>{item.note}</span>}
          <Button type="link" size="small" onClick={() => setOpen(!open)} aria-expanded={open}>
            {t(open ? 'accessPage.hideLooks' : 'accessPage.showLooks')}
          </Button>
        </div>
        {open && detail.isError && <Alert type="error" showIcon title={errorText(detail.error)} />}
        {open && detail.data !== undefined && (
          <ol className="glass-looks">
            {detail.data.looked_at.length === 0 && <li className="quiet">{t('accessPage.noLooks')}</li>}
            {detail.data.looked_at.map((look, index) => (
              <li key={index}>
                <span className="num">{moment(Date.parse(look.at), now)}</span> {verbWord(look.verb)}{' '}
                <span className="quiet num">{look.case_number}</span>
              </li>
            ))}
          </ol>
        )}
      </div>
      <Space orientation="vertical" align="end">
        {item.verdict === null &&
          (item.own ? (
            <span className="quiet">{t('accessPage.glassOwn')}</span>
          ) : (
            <Space>
              <Button icon={<CheckOutlined />} onClick={() => void review('fine', '')} data-testid={`fine-${item.id}`}>
                {t('accessPage.glassFine')}
              </Button>
              <Button icon={<QuestionOutlined />} danger onClick={() => setAsking(true)}>
                {t('accessPage.glassQuestion')}
              </Button>
            </Space>
          ))}
        {item.told_whom === null && (
          <Dropdown
            menu={{
              items: [
                { key: 'elder', label: t('accessPage.toldElder') },
                { key: 'family', label: t('accessPage.toldFamily') },
              ],
              onClick: ({ key }) => void tell(key === 'elder' ? 'elder' : 'family'),
            }}
            trigger={['click']}
          >
            <Button size="small">{t('accessPage.markTold')}</Button>
          </Dropdown>
        )}
      </Space>
      <Modal
        open={asking}
        title={t('accessPage.glassQuestionTitle')}
        footer={null}
        destroyOnHidden
        onCancel={() => setAsking(false)}
      >
        <Form
          layout="vertical"
          requiredMark={false}
          onFinish={({ note }: { note: string }) => void review('questioned', note).then(() => setAsking(false))}
        >
          <Form.Item
            name="note"
            label={t('accessPage.glassNote')}
            rules={[{ required: true, min: 4, whitespace: true, message: t('accessPage.glassNoteNeeded') }]}
          >
            <Input.TextArea rows={3} maxLength={500} autoFocus />
          </Form.Item>
          <Button type="primary" htmlType="submit" data-testid="send-question">
            {t('accessPage.glassSendQuestion')}
          </Button>
        </Form>
      </Modal>
    </article>
  );
}
