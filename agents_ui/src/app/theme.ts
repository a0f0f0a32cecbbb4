import type { ThemeConfig } from 'antd';

export const FONT =
  '"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", system-ui, sans-serif';

/** Quiet greys and one accent; the severity colours stand in base.css. Every text colour has ≥4.5:1 on its ground. */
export const theme: ThemeConfig = {
  token: {
    fontFamily: FONT,
    fontSize: 14,
    colorPrimary: '#1558d6',
    // Under the pointer too it has to be read: darker, not paler.
    colorPrimaryHover: '#1249b0',
    colorErrorHover: '#a51d24',
    colorLink: '#1558d6',
    colorError: '#c9252d',
    colorWarning: '#b54708',
    colorSuccess: '#1a7f37',
    // what antd makes of a dark green is a muddy grey
    colorSuccessBg: '#e6f5ea',
    colorSuccessBorder: '#9fd3ad',
    colorText: '#1f2328',
    colorTextSecondary: '#57606a',
    colorTextTertiary: '#656d76',
    colorTextPlaceholder: '#6b737c',
    colorTextDescription: '#57606a',
    colorBorder: '#c4cad1',
    colorBorderSecondary: '#e2e6ea',
    colorBgLayout: '#f3f5f7',
    borderRadius: 6,
    motionDurationFast: '0.08s',
    motionDurationMid: '0.12s',
    motionDurationSlow: '0.15s',
  },
  components: {
    // "There is nothing yet" in an empty table is a sentence to be read, not something disabled.
    Table: { colorTextDisabled: '#57606a' },
    Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none' },
  },
};
