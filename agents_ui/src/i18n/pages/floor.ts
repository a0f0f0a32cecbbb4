import type { SameKeys } from '../same-keys';
import * as floorTexts from './floor/floor';
import * as handover from './floor/handover';
import * as reports from './floor/reports';
import * as wallboard from './floor/wallboard';

/** Texts of this part of the console, and words for the errors it may meet. */
const texts = { floor: floorTexts.zh, wallboard: wallboard.zh, reports: reports.zh, handover: handover.zh };
const errors = {
  owner_changed: '慢了一步：负责人已经变了，请看最新情况',
  owner_gone: '负责人已经变了，请看最新情况',
  case_locked: '有同事正在处理这个事件；现在可以加记录，其他要等她空出来',
  not_your_case: '这是别人负责的事件，请她或主管来转',
  no_such_agent: '请选择一位在岗的同事',
  already_hers: '这个事件已经是她负责',
  nobodys_case: '这个事件本来就没人负责',
  bad_deadline: '时限要在 1 分钟到 7 天之间',
  not_paused: '她现在不在暂停状态',
  bad_period: '开始日期要早于结束日期',
  period_too_long: '一次最多看 92 天',
  day_to_come: '这一天还没到',
  no_such_figure: '没有这个指标',
  cases_undecided: '您负责的事件还没有都安排好',
  same_person: '交班和接班要两个人签字',
  not_your_handover: '这是别人的交班，只有她能填写和签字',
  draft_changed: '这份交班在另一个窗口里改过',
};

const textsEn: SameKeys<typeof texts> = {
  floor: floorTexts.en,
  wallboard: wallboard.en,
  reports: reports.en,
  handover: handover.en,
};
const errorsEn: SameKeys<typeof errors> = {
  owner_changed: 'Too late: it has another owner now. Look at it again.',
  owner_gone: 'Its owner has changed. Look at it again.',
  case_locked: 'A colleague works on this case. Notes are possible now, the rest when it is free.',
  not_your_case: 'This case is somebody else’s. Ask her, or a supervisor.',
  no_such_agent: 'Choose somebody who works at the desk',
  already_hers: 'It is hers already',
  nobodys_case: 'Nobody owns it as it is',
  bad_deadline: 'A deadline lies between 1 minute and 7 days ahead',
  not_paused: 'She is not pausing',
  bad_period: 'The first day comes before the last',
  period_too_long: 'At most 92 days at once',
  day_to_come: 'That day has not begun',
  no_such_figure: 'There is no such figure',
  cases_undecided: 'Not all of your own cases have a place to go',
  same_person: 'Two different people sign a hand-over',
  not_your_handover: 'It is somebody else’s; only she writes and signs it',
  draft_changed: 'It was changed in another window',
};

export const floor = { zh: { texts, errors }, en: { texts: textsEn, errors: errorsEn } };
