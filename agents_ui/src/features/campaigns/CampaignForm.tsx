import { Alert, Button, Cascader, DatePicker, Form, Input, Segmented, Select, Tag } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { errorText, word } from '../../i18n/words';
import { zhWords } from '../../i18n/zh-words';
import { chainOf, regionTree, useCategories, useRegions } from '../elders/queries';
import { ElderSearch } from '../search/ElderSearch';
import { EMPTY, lacks, toBody, type Draft } from './draft';
import { useMake, useSentences, type Campaign, type Chosen } from './queries';
import { problem, say } from './words';

const HOURS = Array.from({ length: 25 }, (_, hour) => hour);
const clock = (hour: number) => ({ value: hour, label: `${hour}:00` });

/** What is said, to whom, from when on. It becomes a draft whose list is looked at before anybody is called. */
export function CampaignForm({ onMade }: { onMade: (made: Campaign) => void }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const make = useMake(onMade);
  const put = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
  const missing = lacks(draft);
  return (
    <section className="campaign-form" aria-label={t('campaignPage.new')} data-testid="campaign-form">
      <h2>{t('campaignPage.new')}</h2>
      <Form layout="vertical" component={false}>
        <Form.Item label={t('campaignPage.form.name')} htmlFor="campaign-name">
          <Input
            id="campaign-name"
            autoFocus
            maxLength={60}
            value={draft.name}
            placeholder={t('campaignPage.form.namePlaceholder')}
            data-testid="campaign-name"
            onChange={(event) => put({ name: event.target.value })}
          />
        </Form.Item>
        <Sentence draft={draft} put={put} />
        <Form.Item label={t('campaignPage.form.whom')}>
          <Segmented<Draft['by']>
            value={draft.by}
            aria-label={t('campaignPage.form.whom')}
            options={[
              { value: 'place', label: t('campaignPage.form.byPlace') },
              { value: 'names', label: t('campaignPage.form.byName') },
            ]}
            onChange={(by) => put({ by })}
            data-testid="campaign-by"
          />
        </Form.Item>
        {draft.by === 'place' ? <Place draft={draft} put={put} /> : <Names draft={draft} put={put} />}
        <When draft={draft} put={put} />
      </Form>
      {make.isError && (
        <Alert
          type="error"
          showIcon
          title={problem(make.error, new Map(draft.elders.map((one) => [one.id, one.name])))}
        />
      )}
      <Button
        type="primary"
        size="large"
        disabled={missing.length > 0}
        loading={make.isPending}
        data-testid="campaign-make"
        onClick={() => make.mutate(toBody(draft))}
      >
        {t('campaignPage.form.make')}
      </Button>
      <p className="quiet">
        {missing[0] === undefined ? t('campaignPage.form.makeHelp') : t(`campaignPage.form.lacks.${missing[0]}`)}
      </p>
    </section>
  );
}

interface Part {
  draft: Draft;
  put: (part: Partial<Draft>) => void;
}

function Sentence({ draft, put }: Part) {
  const { t } = useTranslation();
  const found = useSentences();
  const chosen = found.data?.find((one) => one.name === draft.prompt);
  return (
    <Form.Item label={t('campaignPage.form.sentence')} htmlFor="campaign-prompt">
      <Select<string>
        id="campaign-prompt"
        value={draft.prompt || null}
        loading={found.isPending}
        placeholder={t('campaignPage.form.sentencePlaceholder')}
        options={(found.data ?? []).map((one) => ({ value: one.name, label: say('sentence', one.name) }))}
        onChange={(prompt) => put({ prompt })}
        data-testid="campaign-prompt"
      />
      {found.isError && <Alert type="warning" showIcon title={errorText(found.error)} />}
      {chosen !== undefined && (
        <blockquote className="campaign-sentence" data-testid="campaign-words">
          {chosen.text || t('campaignPage.form.noWords')}
          <footer className="quiet">{t('campaignPage.keys')}</footer>
        </blockquote>
      )}
    </Form.Item>
  );
}

function Place({ draft, put }: Part) {
  const { t } = useTranslation();
  const regions = useRegions().data ?? [];
  const categories = useCategories().data ?? [];
  return (
    <>
      <div className="campaign-row">
        <Cascader
          options={regionTree(regions, 'grid')}
          changeOnSelect
          value={chainOf(regions, draft.region).map((one) => one.id)}
          displayRender={(labels) => labels.at(-1)}
          placeholder={t('campaignPage.form.anyRegion')}
          aria-label={t('campaignPage.form.anyRegion')}
          onChange={(path) => put({ region: path?.at(-1)?.toString() ?? null })}
        />
        <Select<number>
          allowClear
          value={draft.risk}
          placeholder={t('campaignPage.form.anyRisk')}
          aria-label={t('campaignPage.form.anyRisk')}
          options={([1, 2, 3] as const).map((value) => ({ value, label: t(`campaignPage.form.risk.r${value}`) }))}
          onChange={(risk: number | undefined) => put({ risk: risk ?? null })}
        />
        <Select<NonNullable<Chosen['living']>>
          allowClear
          value={draft.living ?? null}
          placeholder={t('campaignPage.form.anyLiving')}
          aria-label={t('campaignPage.form.anyLiving')}
          options={(Object.keys(zhWords.living) as NonNullable<Chosen['living']>[]).map((value) => ({
            value,
            label: word('living', value),
          }))}
          onChange={(living: Chosen['living'] | undefined) => put({ living: living ?? null })}
        />
        <Select<string>
          allowClear
          value={draft.category}
          placeholder={t('campaignPage.form.anyCategory')}
          aria-label={t('campaignPage.form.anyCategory')}
          options={categories.map((value) => ({ value, label: value }))}
          onChange={(category: string | undefined) => put({ category: category ?? null })}
        />
      </div>
      <Form.Item extra={t('campaignPage.form.healthHelp')} className="campaign-health">
        <Select<string[]>
          mode="tags"
          maxCount={5}
          open={false}
          suffixIcon={null}
          value={draft.health}
          placeholder={t('campaignPage.form.health')}
          aria-label={t('campaignPage.form.health')}
          onChange={(health: string[]) => put({ health })}
        />
      </Form.Item>
    </>
  );
}

function Names({ draft, put }: Part) {
  const { t } = useTranslation();
  return (
    <Form.Item>
      <ElderSearch
        chosenId={null}
        onPick={(hit) => {
          if (!draft.elders.some((one) => one.id === hit.id))
            put({ elders: [...draft.elders, { id: hit.id, name: hit.name }] });
        }}
      />
      <div className="campaign-names" data-testid="campaign-names">
        {draft.elders.map((one) => (
          <Tag
            key={one.id}
            closable
            onClose={() => put({ elders: draft.elders.filter((other) => other.id !== one.id) })}
          >
            {one.name}
          </Tag>
        ))}
      </div>
      <span className="quiet num">{t('campaignPage.form.named', { count: draft.elders.length })}</span>
    </Form.Item>
  );
}

function When({ draft, put }: Part) {
  const { t } = useTranslation();
  const now = useNow(60_000);
  return (
    <div className="campaign-row">
      <Form.Item label={t('campaignPage.form.starts')} htmlFor="campaign-starts">
        <DatePicker
          id="campaign-starts"
          style={{ width: '100%' }}
          showTime={{ format: 'HH:mm', minuteStep: 15 }}
          format="MM-DD HH:mm"
          minDate={dayjs(now)}
          value={draft.startsAt === null ? null : dayjs(draft.startsAt)}
          placeholder={t('campaignPage.form.atOnce')}
          onChange={(at: dayjs.Dayjs | null) => put({ startsAt: at === null ? null : at.toISOString() })}
        />
      </Form.Item>
      <Form.Item label={t('campaignPage.form.hours')}>
        <div className="campaign-hours">
          <Select<number>
            value={draft.from}
            aria-label={t('campaignPage.form.from')}
            options={HOURS.filter((hour) => hour < draft.until).map(clock)}
            onChange={(from) => put({ from })}
          />
          –
          <Select<number>
            value={draft.until}
            aria-label={t('campaignPage.form.until')}
            options={HOURS.filter((hour) => hour > draft.from).map(clock)}
            onChange={(until) => put({ until })}
          />
        </div>
      </Form.Item>
    </div>
  );
}
