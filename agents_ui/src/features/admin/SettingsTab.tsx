import { Button, DatePicker, Spin } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '../../app/console-context';
import { moment } from '../../kit/format';
import { amount } from './amount';
import { NotLoaded } from './Failure';
import { useSettings, type Setting } from './queries';
import { ChangeSettingDialog, SettingHistory } from './SettingDialogs';

/** In their order on the page; a record, so that a new group cannot be forgotten and its settings with it. */
const ALL = {
  centre: true,
  ringing: true,
  waiting: true,
  desk: true,
  call_backs: true,
  emergency: true,
  targets: true,
  dispatch: true,
  bills: true,
  outreach: true,
  points: true,
  privacy: true,
} satisfies Record<Setting['group'], true>;
const GROUPS = Object.keys(ALL) as Setting['group'][];

/** What the centre has set for itself: what counts now, or counted on a day; by whom, when and why. */
export function SettingsTab({ canWrite }: { canWrite: boolean }) {
  const { t } = useTranslation();
  const [on, setOn] = useState<string | null>(null);
  const settings = useSettings(on);
  const [changing, setChanging] = useState<Setting | null>(null);
  const [history, setHistory] = useState<Setting | null>(null);
  if (settings.isError) return <NotLoaded error={settings.error} again={() => void settings.refetch()} />;
  const all = settings.data?.settings ?? [];
  return (
    <>
      <div className="admin-head">
        <p className="quiet admin-hint admin-grow">
          {on === null ? t('adminPage.settings.hint') : t('adminPage.settings.onDay', { day: on })}
        </p>
        <label>
          {t('adminPage.settings.on')}{' '}
          <DatePicker
            aria-label={t('adminPage.settings.on')}
            data-testid="settings-on"
            placeholder={t('adminPage.settings.onNow')}
            maxDate={dayjs()}
            value={on === null ? null : dayjs(on)}
            onChange={(day) => setOn(day === null ? null : day.format('YYYY-MM-DD'))}
          />
        </label>
      </div>
      {settings.isPending && <Spin />}
      {GROUPS.map((group) => {
        const mine = all.filter((setting) => setting.group === group);
        return mine.length === 0 ? null : (
          <section key={group} className="admin-card" aria-label={t(`adminPage.settings.groups.${group}`)}>
            <h2>{t(`adminPage.settings.groups.${group}`)}</h2>
            <div>
              {mine.map((setting) => (
                <Row
                  key={setting.key}
                  setting={setting}
                  onHistory={() => setHistory(setting)}
                  {...(canWrite && on === null ? { onChange: () => setChanging(setting) } : {})}
                />
              ))}
            </div>
          </section>
        );
      })}
      {changing !== null && <ChangeSettingDialog setting={changing} onClose={() => setChanging(null)} />}
      {history !== null && <SettingHistory setting={history} onClose={() => setHistory(null)} />}
    </>
  );
}

interface RowProps {
  setting: Setting;
  onHistory: () => void;
  onChange?: () => void;
}

function Row({ setting, onHistory, onChange }: RowProps) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const zh = i18n.language === 'zh';
  const label = zh ? setting.label_zh : setting.label_en;
  const { counting } = setting;
  const own = counting !== null && counting.value !== null;
  return (
    <div className="admin-setting" data-testid={`setting-${setting.key}`}>
      <div>
        <div>{label}</div>
        <div className="quiet">{zh ? setting.help_zh : setting.help_en}</div>
      </div>
      <div>
        <div className="admin-setting-value num">{amount(t, setting.kind, setting.value)}</div>
        <div className="quiet num">
          {own
            ? t('adminPage.settings.defaultValue', { value: amount(t, setting.kind, setting.default) })
            : t('adminPage.settings.byDefault')}
        </div>
      </div>
      <div className="quiet">
        {counting !== null && (
          <>
            <div className="num">
              {t('adminPage.by', { name: counting.by_name, when: moment(Date.parse(counting.at), now) })}
            </div>
            <div>{counting.reason}</div>
          </>
        )}
        {setting.planned.map((planned) => (
          <div key={planned.id} className="age-warn">
            {t('adminPage.settings.planned', {
              when: moment(Date.parse(planned.valid_from), now),
              value: amount(t, setting.kind, planned.value ?? setting.default),
            })}
          </div>
        ))}
      </div>
      <div className="admin-keys">
        <Button size="small" aria-label={`${t('adminPage.history')} ${label}`} onClick={onHistory}>
          {t('adminPage.history')}
        </Button>
        {onChange && (
          <Button
            size="small"
            aria-label={`${t('adminPage.settings.change')} ${label}`}
            data-testid={`change-${setting.key}`}
            onClick={onChange}
          >
            {t('adminPage.settings.change')}
          </Button>
        )}
      </div>
    </div>
  );
}
