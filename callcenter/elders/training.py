"""The numbers that the training telephone plays, by what they are for. The demo district gives each its person; the last belongs to nobody."""

ALONE = "+867103456789"
COUPLE = "+867103452468"
WANDERING = "+867103451357"
THREE_NUMBERS = "+867103458642"
UNKNOWN = "+867103459876"

# number, what it is for, the same in words
TRAINING_NUMBERS = (
    (
        ALONE,
        "alone",
        "独居,冠心病,青霉素过敏,邻居有钥匙",
        "lives alone: coronary heart disease, penicillin allergy, a neighbour has the key",
    ),
    (COUPLE, "couple", "夫妻同一部电话", "a couple on one number"),
    (WANDERING, "wandering", "有走失风险,阿尔茨海默病", "may wander: Alzheimer's disease"),
    (THREE_NUMBERS, "three_numbers", "已有三个号码,听力差", "has three numbers already, hard of hearing"),
    (UNKNOWN, "unknown", "档案里没有的号码", "a number in nobody's profile"),
)
