import type { SameKeys } from '../same-keys';

/** More texts of the desk, and words for the errors it may meet. */
const texts = {
  hearing: {
    'talking-muted': '您正在说话，但已静音，对方听不到。按 F6 取消静音',
    'not-heard': '麦克风没有声音，对方可能听不到您。请检查耳麦',
    'hears-nothing': '线路上没有声音。如对方没有应答，请按“无人说话”处理',
  },
  tabs: { orders: '工单', contacts: '联系人', devices: '设备', history: '历史' },
  devices: {
    none: '没有登记设备',
    line: '一键呼叫号码',
    note: '网关、跌倒报警器等设备接入后会显示在这里。',
  },
  history: {
    none: '没有以前的事件',
    failed: '历史事件没有载入',
    presses: '按键 {{count}} 次',
    more: '更早的事件',
    owner: '{{name}} 处理',
  },
};
const errors = {};

const textsEn: SameKeys<typeof texts> = {
  hearing: {
    'talking-muted': 'You are speaking, but muted: nobody hears you. F6 opens the microphone',
    'not-heard': 'The microphone gives no sound; the other side may not hear you. Check the headset',
    'hears-nothing': 'The line carries no sound. If nobody answers, treat it as a silent call',
  },
  tabs: { orders: 'Orders', contacts: 'Contacts', devices: 'Devices', history: 'History' },
  devices: {
    none: 'No devices',
    line: 'Numbers with the one key',
    note: 'Gateways, fall alarms and the like will stand here once they are connected.',
  },
  history: {
    none: 'No earlier cases',
    failed: 'The history could not be loaded',
    presses: 'pressed {{count}} times',
    more: 'Earlier cases',
    owner: 'by {{name}}',
  },
};
const errorsEn: SameKeys<typeof errors> = {};

export const desk = { zh: { texts, errors }, en: { texts: textsEn, errors: errorsEn } };
