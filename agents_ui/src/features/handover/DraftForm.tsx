import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Checkbox, Input, Popconfirm, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { HandoverCase, HandoverView } from '../../api/types';
import { asApiError } from '../../api/errors';
import { api, unwrap } from '../../api/client';
import { useConsole, useNow } from '../../app/console-context';
import { word } from '../../i18n/words';
import { duration } from '../../kit/format';
import { useReceivers } from '../floor/MoveDialogs';
import { moveError } from '../floor/ownership';
import { undecided, type Draft } from './draft';
import { TaskTable } from './SignedView';
import { useDraft } from './use-draft';

export function DraftForm({ view, onReload }: { view: HandoverView; onReload: () => void }) {
  const { t } = useTranslation();
  const { me } = useConsole();
  const queries = useQueryClient();
  const { draft, change, save, saving, dirty, error } = useDraft(view);
  const content = view.content;
  const open = undecided(content?.cases ?? [], draft, me.id);
  const sign = useMutation({
    mutationFn: async () => {
      const version = await save();
      return unwrap(
        api.POST('/api/handovers/{handover_id}/sign', {
          params: { path: { handover_id: view.id } },
          body: { version },
        }),
      );
    },
    onSuccess: (signed) => {
      queries.setQueryData(['handover', view.id], signed);
      void queries.invalidateQueries({ queryKey: ['handovers'] });
    },
    onError: () => onReload(),
  });
  if (!content) return null;
  const failed = sign.error ?? error;
  return (
    <div className="handover" data-testid="handover-draft">
      <section className="panel">
        <h2>{t('floorPage.handover.cases')}</h2>
        {content.cases.length === 0 ? (
          <div className="panel-empty">{t('floorPage.handover.noCases')}</div>
        ) : (
          <table className="handover-table">
            <thead>
              <tr>
                {(['case', 'elder', 'owner', 'due', 'goesTo', 'note'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(`floorPage.handover.${key}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {content.cases.map((item) => (
                <CaseLine
                  key={item.case_id}
                  item={item}
                  draft={draft}
                  onChange={change}
                  mustMove={open.includes(item)}
                />
              ))}
            </tbody>
          </table>
        )}
      </section>
      <TaskTable tasks={content.tasks} />
      {content.elders.length > 0 && (
        <section className="panel">
          <h2>{t('floorPage.handover.elders')}</h2>
          {content.elders.map((elder) => {
            const note = draft.elders[elder.elder_id];
            const label = t('floorPage.handover.elderNote', { name: elder.name });
            return (
              <div key={elder.elder_id} className="handover-elder">
                <Checkbox
                  checked={note !== undefined}
                  onChange={(event) => {
                    const rest = Object.fromEntries(
                      Object.entries(draft.elders).filter(([id]) => id !== elder.elder_id),
                    );
                    change({ ...draft, elders: event.target.checked ? { ...rest, [elder.elder_id]: '' } : rest });
                  }}
                >
                  {elder.name} · {elder.place} · {word('presence', elder.presence)}
                </Checkbox>
                {note !== undefined && (
                  <Input
                    value={note}
                    maxLength={300}
                    aria-label={label}
                    placeholder={label}
                    onChange={(event) =>
                      change({ ...draft, elders: { ...draft.elders, [elder.elder_id]: event.target.value } })
                    }
                  />
                )}
              </div>
            );
          })}
        </section>
      )}
      <section className="panel handover-remarks">
        <h2 id="handover-remarks">{t('floorPage.handover.remarks')}</h2>
        <Input.TextArea
          rows={4}
          maxLength={4000}
          aria-labelledby="handover-remarks"
          placeholder={t('floorPage.handover.remarksHint')}
          value={draft.remarks}
          onChange={(event) => change({ ...draft, remarks: event.target.value })}
          data-testid="handover-remarks"
        />
      </section>
      {failed !== null && (
        <Alert
          type="error"
          showIcon
          title={moveError(failed)}
          description={asApiError(failed).code === 'draft_changed' ? t('floorPage.handover.reload') : undefined}
        />
      )}
      <footer className="handover-foot">
        <span className="quiet" role="status" data-testid="handover-saved">
          {saving || dirty ? t('floorPage.handover.saving') : t('floorPage.handover.saved')}
        </span>
        {open.length > 0 && (
          <span className="age-warn">{t('floorPage.handover.undecided', { count: open.length })}</span>
        )}
        <Popconfirm
          title={t('floorPage.handover.signTitle')}
          description={t('floorPage.handover.signText')}
          okText={t('floorPage.handover.sign')}
          cancelText={t('common.cancel')}
          onConfirm={() => sign.mutate()}
          disabled={open.length > 0}
        >
          <Button type="primary" disabled={open.length > 0} loading={sign.isPending} data-testid="handover-sign">
            {t('floorPage.handover.sign')}
          </Button>
        </Popconfirm>
      </footer>
    </div>
  );
}

interface LineProps {
  item: HandoverCase;
  draft: Draft;
  mustMove: boolean;
  onChange: (draft: Draft) => void;
}

function CaseLine({ item, draft, mustMove, onChange }: LineProps) {
  const { t } = useTranslation();
  const { me } = useConsole();
  const now = useNow();
  const receivers = useReceivers(item.owner_id);
  const said = draft.where[item.case_id];
  const left = item.due_at === null ? null : Date.parse(item.due_at) - now;
  const put = (over: Partial<{ where: string; note: string }>): void => {
    const before = said ?? { where: 'stay', note: '' };
    onChange({ ...draft, where: { ...draft.where, [item.case_id]: { ...before, ...over, seen: item.owner_id } } });
  };
  const stays = item.owner_id === null ? t('floorPage.handover.staysInQueue') : t('floorPage.handover.stays');
  return (
    <tr data-testid={`handover-case-${item.case_id}`}>
      <th scope="row" className="num">
        <span className={`sev sev-${item.severity}`}>{item.severity}</span> {item.number}
      </th>
      <td>
        {item.elder_name || t('queue.unknownCaller')} <span className="quiet">{item.place}</span>
      </td>
      <td>{item.owner_name || <span className="quiet">{t('floorPage.floor.nobody')}</span>}</td>
      <td className={left !== null && left <= 0 ? 'num age-late' : 'num'}>
        {left === null
          ? '–'
          : left > 0
            ? t('tasks.left', { time: duration(left) })
            : t('tasks.over', { time: duration(-left) })}
      </td>
      <td>
        {item.movable ? (
          <Select
            className="handover-where"
            status={mustMove ? 'error' : ''}
            value={said?.where ?? 'stay'}
            aria-label={t('floorPage.handover.goesToOf', { number: item.number })}
            onChange={(where: string) => put({ where })}
            options={[
              ...(item.owner_id === me.id
                ? [{ value: 'stay', label: t('floorPage.handover.choose') }]
                : [{ value: 'stay', label: stays }]),
              ...(item.owner_id === null ? [] : [{ value: 'queue', label: t('floorPage.handover.toQueue') }]),
              ...receivers,
            ]}
          />
        ) : (
          <span className="quiet">{stays}</span>
        )}
      </td>
      <td>
        {item.movable && (
          <Input
            value={said?.note ?? ''}
            maxLength={300}
            aria-label={t('floorPage.handover.noteOf', { number: item.number })}
            onChange={(event) => put({ note: event.target.value })}
          />
        )}
      </td>
    </tr>
  );
}
