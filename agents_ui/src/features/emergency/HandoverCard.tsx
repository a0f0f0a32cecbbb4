import { CheckCircleFilled, SendOutlined } from '@ant-design/icons';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Popconfirm } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import type { HandoverLink, HandoverOutState, HandoverOutView, MadeLink } from '../../api/types';
import { useConsole } from '../../app/console-context';
import { lookUp } from '../../i18n/words';
import { clockTime } from '../../kit/format';
import { Countdown } from './Clock';
import { LinkDialog, OfferDialog, ToldDialog } from './HandoverDialogs';
import { inOrder, momentsOf } from './handover';
import type { Shown } from './use-emergency';
import { agencyWord } from './words';

const AGENCIES = ['120', '110', '119', 'gas'] as const;
export type HandoverAgency = (typeof AGENCIES)[number];

/** What was handed over to outside help, who confirmed it, whether the crew has read it. */
export function HandoverCard({ shown, writes }: { shown: Shown; writes: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { caseId, emergency } = shown;
  const key = ['emergency', caseId, 'handovers'];
  const list = useQuery({
    queryKey: key,
    queryFn: () => unwrap(api.GET('/api/emergencies/{case_id}/handovers', { params: { path: { case_id: caseId } } })),
    enabled: emergency !== null,
    staleTime: 0,
  }).data;
  const [offering, setOffering] = useState(false);
  const [link, setLink] = useState<MadeLink | null>(null);
  const refresh = (): void => void queries.invalidateQueries({ queryKey: key });
  const open = new Set((list ?? []).filter((one) => one.possible.length > 0).map((one) => one.agency));
  const agencies = AGENCIES.filter((one) => !open.has(one));
  return (
    <section className="panel em-card" aria-label={t('emergencyPage.handover.title')} data-testid="handover-card">
      <header className="em-card-head">
        <h2>{t('emergencyPage.handover.title')}</h2>
        <span className="em-space" />
        {writes && emergency !== null && agencies.length > 0 && (
          <Button size="small" icon={<SendOutlined />} onClick={() => setOffering(true)} data-testid="handover-offer">
            {agencies.includes('120')
              ? t('emergencyPage.handover.offer', { agency: '120' })
              : t('emergencyPage.handover.offerMore')}
          </Button>
        )}
      </header>
      {list?.length === 0 && <p className="quiet">{t('emergencyPage.handover.none')}</p>}
      {link && <Code link={link} />}
      {list?.map((one) => (
        <One key={one.id} one={one} writes={writes} onLink={setLink} onChange={refresh} />
      ))}
      {offering && (
        <OfferDialog
          caseId={caseId}
          call={shown.call}
          agencies={agencies}
          onClose={() => setOffering(false)}
          onDone={(made) => {
            setLink(made);
            setOffering(false);
            refresh();
          }}
        />
      )}
    </section>
  );
}

/** Eight digits in two groups, large: they are read out on the telephone. */
function Code({ link }: { link: MadeLink }) {
  const { t } = useTranslation();
  return (
    <div className="em-code" data-testid="handover-code">
      <span>{t('emergencyPage.handover.code')}</span>
      <strong className="num">{link.code.replace(/^(\d{4})(\d{4})$/, '$1 $2')}</strong>
      <span className="quiet">
        {t('emergencyPage.handover.codeAt', { site: link.site.replace(/^https?:\/\//, '') })} ·{' '}
        {t('emergencyPage.handover.codeUntil', { time: clockTime(Date.parse(link.code_until), false) })}
      </span>
    </div>
  );
}

interface OneProps {
  one: HandoverOutView;
  writes: boolean;
  onLink: (link: MadeLink) => void;
  onChange: () => void;
}

function One({ one, writes, onLink, onChange }: OneProps) {
  const { desk } = useConsole();
  const { t } = useTranslation();
  const [telling, setTelling] = useState<HandoverOutState | null>(null);
  const [sending, setSending] = useState(false);
  const params = { path: { case_id: one.case_id, handover_id: one.id } };
  const revoke = useMutation({
    mutationFn: () => unwrap(api.POST('/api/emergencies/{case_id}/handovers/{handover_id}/revoke', { params })),
    onSuccess: onChange,
    onError: (error) => desk.notices.failed(error),
  });
  const tell = useMutation({
    mutationFn: (state: 'dispatched' | 'arrived') =>
      unwrap(
        api.POST('/api/emergencies/{case_id}/handovers/{handover_id}/state', {
          params,
          body: { state, reason: '', who: '', reference: '', outcome: '' },
        }),
      ),
    onSuccess: onChange,
    onError: (error) => desk.notices.failed(error),
  });
  const live = one.links.filter((link) => !link.ended);
  return (
    <article
      className={one.state === 'rejected' ? 'em-handover em-handover-rejected' : 'em-handover'}
      data-testid={`handover-${one.agency}`}
      data-state={one.state}
    >
      <div className="em-handover-top">
        <strong>{agencyWord(one.agency)}</strong> <span className="quiet ellipsis">{one.label}</span>
        <span className="em-space" />
        {one.state === 'offered' && (
          <>
            <span>{t('emergencyPage.handover.acceptIn')}</span>
            <Countdown deadline={{ code: '', level: 0, started_at: one.offered_at, due_at: one.accept_by }} />
          </>
        )}
      </div>
      <ol className="em-moments">
        {momentsOf(one).map(({ state, at }) => (
          <li key={state} className={at ? 'em-moment-done' : undefined} aria-current={state === one.state}>
            {at && <CheckCircleFilled />} {t(`emergencyPage.handover.state.${state}`)}
            <span className="num"> {at ? clockTime(Date.parse(at), false) : ''}</span>
          </li>
        ))}
      </ol>
      {(one.confirmed_by || one.reference || one.reason || one.outcome) && (
        <p className="em-handover-words">
          {[
            one.confirmed_by && `${t('emergencyPage.handover.confirmedBy')} ${one.confirmed_by}`,
            one.reference && `${t('emergencyPage.handover.reference')} ${one.reference}`,
            one.reason && `${t('emergencyPage.handover.reason')}：${one.reason}`,
            one.outcome && `${t('emergencyPage.handover.outcome')}：${one.outcome}`,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      )}
      {one.city !== 'none' && (
        <p className={one.city === 'not_reached' ? 'age-late' : 'quiet'}>
          {t(`emergencyPage.handover.city.${one.city}`)}
        </p>
      )}
      {one.links.map((link) => (
        <LinkLine key={link.id} link={link} read={one.read_at} />
      ))}
      {writes && one.possible.length > 0 && (
        <div className="em-handover-keys">
          {inOrder(one.possible).map((state) => (
            <Button
              key={state}
              size="small"
              type={state === 'accepted' ? 'primary' : 'default'}
              danger={state === 'rejected'}
              loading={tell.isPending && tell.variables === state}
              data-testid={`handover-told-${state}`}
              onClick={() => (state === 'dispatched' || state === 'arrived' ? tell.mutate(state) : setTelling(state))}
            >
              {lookUp(`emergencyPage.handover.told.${state}`)}
            </Button>
          ))}
          <Button size="small" type="text" onClick={() => setSending(true)} data-testid="handover-resend">
            {t('emergencyPage.handover.resend')}
          </Button>
          {live.length > 0 && (
            <Popconfirm title={t('emergencyPage.handover.revokeAsk')} onConfirm={() => revoke.mutate()}>
              <Button size="small" type="text" danger data-testid="handover-revoke">
                {t('emergencyPage.handover.revoke')}
              </Button>
            </Popconfirm>
          )}
        </div>
      )}
      {telling && <ToldDialog one={one} state={telling} onClose={() => setTelling(null)} onDone={onChange} />}
      {sending && (
        <LinkDialog
          one={one}
          onClose={() => setSending(false)}
          onDone={(link) => {
            onLink(link);
            setSending(false);
            onChange();
          }}
        />
      )}
    </article>
  );
}

function LinkLine({ link, read }: { link: HandoverLink; read: string | null }) {
  const { t } = useTranslation();
  const how = link.sent_to
    ? `${t('emergencyPage.handover.sentTo', { number: link.sent_to })} ${lookUp(`emergencyPage.handover.message.${link.message_state}`) ?? ''}`
    : t('emergencyPage.handover.onlyShown');
  const seen = link.ended
    ? t('emergencyPage.handover.ended')
    : link.opened_at === null
      ? t('emergencyPage.handover.notOpened')
      : read !== null
        ? t('emergencyPage.handover.read', { time: clockTime(Date.parse(read), false) })
        : t('emergencyPage.handover.opened', { time: clockTime(Date.parse(link.opened_at), false) });
  return (
    <p className={link.ended ? 'em-link quiet' : 'em-link'} data-testid="handover-link">
      <span className="num">{how}</span> · <strong>{seen}</strong>
    </p>
  );
}
