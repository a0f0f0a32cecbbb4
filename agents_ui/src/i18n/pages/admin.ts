import type { SameKeys } from '../same-keys';

/** Texts of this part of the console, and words for the errors it may meet. */
const texts = {};
const errors = {
  setting_out_of_bounds: '数值不在允许范围内',
  setting_order: 'SOS 加叫主管的时间不能晚于转值班电话',
  setting_changed: '这一项刚被别人改过，请看最新内容后再改',
  no_such_setting: '没有这个设置项',
  reason_needed: '请写明原因，方便同事了解',
  too_far_ahead: '最多提前一年安排',
  no_such_day: '没有这一天',
  no_such_number: '没有这条线路',
  last_sos_line: '这是最后一条 SOS 线路，请先添加另一条',
  line_taken: '这个号码已经是一条线路',
  bad_label: '名称太长，或含有不能显示的字符',
  label_taken: '已有同名的选项',
  last_option: '至少要保留一项',
  last_option_for_sos: '至少要有一个结果可用于 SOS',
  options_changed: '列表刚有变化，请看最新内容后再排序',
  no_such_option: '没有这个选项',
  too_many_options: '选项太多，请先停用几个',
  unknown_placeholder: '花括号里有不认识的内容，请检查',
  opening_half: '对已登记老人和未知来电者的两句都要写',
  opening_too_long: '开场白最多 120 个字，写成一行',
  unknown_dialect: '没有这种方言，请先在“班组与技能”里添加',
  unknown_skill: '没有这项技能，请先在“班组与技能”里添加',
  outcome_not_for_sos: '这个结果不能用于 SOS，请选择其他结果',
};

const textsEn: SameKeys<typeof texts> = {};
const errorsEn: SameKeys<typeof errors> = {
  setting_out_of_bounds: 'The value is out of bounds',
  setting_order: 'Supervisors must be rung for an SOS no later than the duty telephone',
  setting_changed: 'Somebody has just changed this; look at it again first',
  no_such_setting: 'There is no such setting',
  reason_needed: 'Say why, for your colleagues',
  too_far_ahead: 'At most a year ahead',
  no_such_day: 'There is no such day',
  no_such_number: 'There is no such line',
  last_sos_line: 'This is the last SOS line; add another one first',
  line_taken: 'This number is a line already',
  bad_label: 'The name is too long or holds what cannot be shown',
  label_taken: 'Another option bears this name',
  last_option: 'One at least must remain',
  last_option_for_sos: 'One outcome at least must be possible for an SOS',
  options_changed: 'The list has just changed; look at it again first',
  no_such_option: 'There is no such option',
  too_many_options: 'Too many options; retire some first',
  unknown_placeholder: 'What stands in braces is not known; check it',
  opening_half: 'Write both sentences: for elders who are known and for unknown callers',
  opening_too_long: 'An opening has at most 120 characters, in one line',
  unknown_dialect: 'This dialect is not on the list; add it under Teams and skills',
  unknown_skill: 'This skill is not on the list; add it under Teams and skills',
  outcome_not_for_sos: 'An SOS does not end like this; choose another outcome',
};

export const admin = { zh: { texts, errors }, en: { texts: textsEn, errors: errorsEn } };
