import { DeleteOutlined } from '@ant-design/icons';
import { App, Button, Checkbox, Empty, Input, InputNumber, Select, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, unwrap } from '../../api/client';
import { Failure } from '../admin/Failure';
import { useItemNames, useLicenceKinds } from './items';
import { useChange } from './queries';
import type { TabProps } from './StorePage';

interface Draft {
  code: string;
  price_fen: number;
  active: boolean;
}

const yuan = (fen: number): string => (fen / 100).toFixed(2).replace(/\.00$/, '');

export function ItemsTab({ store, writes }: TabProps) {
  const { t, i18n } = useTranslation();
  const { message } = App.useApp();
  const { names, items } = useItemNames();
  const kinds = useLicenceKinds().data ?? [];
  const [drafts, setDrafts] = useState<Draft[]>(store.items);
  const [reason, setReason] = useState('');
  const save = useChange(store.id, () =>
    unwrap(
      api.PUT('/api/stores/{store_id}/items', {
        params: { path: { store_id: store.id } },
        body: {
          version: store.version,
          reason,
          items: drafts.map(({ code, price_fen, active }) => ({ code, price_fen, active })),
        },
      }),
    ),
  );
  const known = new Map(store.items.map((item) => [item.code, item]));
  const rangeOf = (code: string): { least: number; most: number } | null => {
    const held = known.get(code);
    if (held) return { least: held.least_fen, most: held.most_fen };
    const item = items.find((one) => one.code === code);
    return item ? { least: item.price_min_fen, most: item.price_max_fen } : null;
  };
  const isOutside = (draft: Draft): boolean => {
    const range = rangeOf(draft.code);
    return range !== null && (draft.price_fen < range.least || draft.price_fen > range.most);
  };
  const put = (code: string, over: Partial<Draft>): void =>
    setDrafts(drafts.map((one) => (one.code === code ? { ...one, ...over } : one)));
  const licence = (code: string): string => {
    const found = kinds.find((one) => one.code === code);
    return found ? (i18n.language === 'zh' ? found.name_zh : found.name_en) : code;
  };
  const outside = drafts.some((one) => isOutside(one) && known.get(one.code)?.price_fen !== one.price_fen);
  return (
    <div className="stores-part">
      {drafts.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('storesPage.item.none')} />}
      {drafts.length > 0 && (
        <table className="stores-table stores-still">
          <thead>
            <tr>
              <th>{t('storesPage.item.code')}</th>
              <th>{t('storesPage.item.name')}</th>
              <th>{t('storesPage.item.price')}</th>
              <th>{t('storesPage.item.range')}</th>
              <th>{t('storesPage.item.licensed')}</th>
              <th>{t('storesPage.item.active')}</th>
              {writes && <th aria-label={t('storesPage.item.remove')} />}
            </tr>
          </thead>
          <tbody>
            {drafts.map((draft) => {
              const held = known.get(draft.code);
              const range = rangeOf(draft.code);
              const name = names.get(draft.code) ?? held?.name ?? draft.code;
              return (
                <tr key={draft.code}>
                  <td className="num">{draft.code}</td>
                  <td>{name}</td>
                  <td>
                    <InputNumber
                      min={0}
                      max={100_000}
                      step={1}
                      precision={2}
                      disabled={!writes}
                      aria-label={`${name} ${t('storesPage.item.price')}`}
                      status={isOutside(draft) ? 'warning' : ''}
                      value={draft.price_fen / 100}
                      onChange={(value) => put(draft.code, { price_fen: Math.round((value ?? 0) * 100) })}
                    />{' '}
                    {isOutside(draft) && <Tag color="orange">{t('storesPage.item.outside')}</Tag>}
                  </td>
                  <td className="num quiet">{range && `${yuan(range.least)}–${yuan(range.most)}`}</td>
                  <td>
                    {held === undefined ? (
                      '–'
                    ) : held.licensed ? (
                      <span className="stores-good">{t('storesPage.item.ok')}</span>
                    ) : (
                      <span className="stores-bad">
                        {t('storesPage.item.lacks', {
                          names: held.missing
                            .map((group) => group.map(licence).join(` ${t('storesPage.item.or')} `))
                            .join('、'),
                        })}
                      </span>
                    )}
                  </td>
                  <td>
                    <Checkbox
                      checked={draft.active}
                      disabled={!writes}
                      aria-label={`${name} ${t('storesPage.item.active')}`}
                      onChange={(event) => put(draft.code, { active: event.target.checked })}
                    />
                  </td>
                  {writes && (
                    <td>
                      <Button
                        type="text"
                        icon={<DeleteOutlined />}
                        aria-label={`${t('storesPage.item.remove')} ${name}`}
                        onClick={() => setDrafts(drafts.filter((one) => one.code !== draft.code))}
                      />
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {writes && (
        <div className="stores-tools">
          <Select
            className="stores-wide"
            showSearch={{ optionFilterProp: 'label' }}
            placeholder={t('storesPage.item.add')}
            aria-label={t('storesPage.item.add')}
            value={null}
            options={items
              .filter((item) => drafts.every((one) => one.code !== item.code))
              .filter((item) => store.kind !== 'volunteers' || item.volunteer !== 'no')
              .map((item) => ({ value: item.code, label: `${item.code} ${names.get(item.code) ?? ''}` }))}
            onChange={(code: string | null) => {
              const range = code === null ? null : rangeOf(code);
              if (code !== null && range) setDrafts([...drafts, { code, price_fen: range.least, active: true }]);
            }}
          />
          {outside && (
            <Input
              className="stores-wide"
              maxLength={300}
              value={reason}
              placeholder={t('storesPage.item.reason')}
              aria-label={t('storesPage.item.reason')}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
          <Button
            type="primary"
            data-testid="items-save"
            loading={save.isPending}
            disabled={outside && reason.trim() === ''}
            onClick={() => save.mutate(undefined, { onSuccess: () => void message.success(t('storesPage.saved')) })}
          >
            {t('storesPage.save')}
          </Button>
        </div>
      )}
      <Failure error={save.error} />
    </div>
  );
}
