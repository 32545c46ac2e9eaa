"""Regular expressions that find a label or a refusal in an answer; unsafe ones are refused."""

from __future__ import annotations

import functools
import re
from re import _parser as sre  # type: ignore[attr-defined]
from typing import Any

from actors.prompts.word_forms import label_forms
from actors.word_breaks import plain_letters

# Phrases with which chat models decline, in the languages of XNLI and a few others. A verb that also tells
# of a film's hero ("a man who cannot tell his wife") counts only behind "I" or "we".
_CANNOT = r"(?:can ?not|can['’]?t|could not|couldn['’]?t|(?:am|are|is|was) (?:not able|unable) to)"
_JUDGE = r"(?:determined?|judged?|assess(?:ed)?|classify|classified|categori[sz]ed?|evaluated?)"
REFUSALS: tuple[str, ...] = (
    # "As an AI language model"
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b",
    # "I'm just an AI", not "an AI film"
    r"\bi(?:['’]m| am) (?:just |only )?an? (?:ai|(?:large )?language model)\b",
    # "cannot be reliably determined"
    rf"\b{_CANNOT} (?:be )?(?:\w+ly )?{_JUDGE}\b",
    # "we can't really say", not "he cannot tell"
    rf"\b(?:i|we) {_CANNOT} (?:\w+ly )?(?:tell|decide|answer|provide|assist|help|comply|identify|say|access"
    r"|view|see|engage|fulfill|give|make)\b",
    # "It is hard to say", not "hard to watch"
    rf"\b(?:impossible|not possible|difficult|hard) to (?:\w+ly )?(?:say|tell|know|answer|{_JUDGE})\b",
    # "I do not have enough information"
    r"\b(?:i|we) (?:do not|don['’]?t) (?:know|have (?:\w+ )?(?:information|context|opinions?|access))\b",
    # "insufficient context"
    r"\b(?:not enough|insufficient) (?:information|context)\b",
    # "I'm not entirely sure", "it is unclear", not "he is unsure"
    r"\b(?:it is|it['’]s|i am|i['’]m) (?:not (?:\w+ly )?(?:clear|sure|certain)|unclear|unsure|uncertain)\b",
    # "I apologise", "I'm sorry", not "she is sorry"
    r"\bi(?:['’]m| am) sorry\b|\bi apologi[sz]e\b",
    # "Unknown.", "N/A", not "An unknown man"
    r"^\W*(?:unknown|unsure|unclear|uncertain|undetermined|not sure|n/a)\W*$",
    # "Je ne peux pas répondre", "impossible de dire", "Désolé, mais"
    r"\bje ne (?:peux|sais) pas\b|\bimpossible de (?:dire|déterminer)\b|\ben tant qu['’]ia\b"
    r"|\b(?:je suis )?désolée?, (?:mais|je)\b|\bpas assez d['’]informations?\b",
    # "Ich kann das leider nicht sagen", "Als KI", "Es tut mir leid"
    r"\bich kann (?:\w+ ){0,4}nicht\b|\bich weiß (?:es )?nicht\b|\bals ki\b|\btut mir leid\b"
    r"|\blässt sich nicht (?:\w+ )?(?:sagen|bestimmen|beurteilen)\b|\bnicht genug informationen\b",
    # "No puedo determinar", "lo siento, pero", "não sei", "non posso rispondere"
    r"\bno (?:puedo|podemos|es posible|se puede) (?:\w+ )?(?:determinar|decir|responder|clasificar"
    r"|saber|ayudar"
    r"|evaluar|juzgar)\b|\blo siento, (?:pero|no)\b|\bno (?:lo )?sé\b|\bcomo (?:modelo de lenguaje|ia)\b"
    r"|\bno (?:tengo|hay) (?:suficiente )?información\b|\bnão (?:posso|sei|é possível)\b"
    r"|\bnon (?:posso|so)\b",
    # "Не могу определить", "недостаточно информации", "съжалявам, но", "не мога да кажа"
    r"\bне (?:могу|можем|мога|можа) (?:\w+ )?(?:определить|сказать|ответить|помочь|оценить"
    r"|классифицировать|да)\b"
    r"|\bневозможно (?:е да )?(?:\w+ )?(?:определ\w+|сказать|понять|се каже)\b"
    r"|\bнедостат\w+ (?:информаци\w+|данн\w+"
    r"|контекст\w*)|\b(?:извините|прошу прощения|съжалявам), (?:но|я|не)\b|\bкак (?:языковая модель|ии)\b"
    r"|\bкато езиков модел\b|\b(?:я не знаю|не знам|затрудняюсь)\b",
    # "Δεν μπορώ να απαντήσω", "λυπάμαι, αλλά"
    r"\bδεν (?:μπορώ|είναι δυνατόν?|γνωρίζω|ξέρω)\b|\b(?:λυπάμαι|συγγνώμη), (?:αλλά|δεν)\b"
    r"|\bως γλωσσικό μοντέλο\b"
    r"|\bδεν υπάρχουν (?:αρκετές|επαρκείς) πληροφορίες\b",
    # "Üzgünüm", "belirleyemiyorum", "yeterli bilgi yok"
    r"\büzgünüm\b|\b(?:belirle|söyle|yanıtla|cevapla|değerlendir|sınıflandır)(?:yemem|yamam|yemiyorum|yamıyorum"
    r"|emiyorum|ememem|amıyorum|amam)\b|\byeterli (?:bilgi|bağlam) (?:yok|bulunm\w+)|\bbilmiyorum\b"
    r"|\b(?:yardımcı olamam|dil modeli olarak|mümkün değil)\b",
    # "لا أستطيع تحديد", "عذرا، لا", "كنموذج لغوي", not "لا شك"
    r"لا (?:أستطيع|يمكنني|نستطيع|أعرف|أعلم|أدري)|لا يمكن (?:تحديد|الجزم|الحكم)|(?:عذرا|آسف|أعتذر)،? "
    r"|كنموذج لغوي"
    r"|لا توجد معلومات كافية|المعلومات غير كافية",
    # "میں نہیں بتا سکتا", "معذرت", "کافی معلومات نہیں"
    r"نہیں (?:کر|بتا|دے|کہہ) سکت|معذرت|معلوم نہیں|کافی معلومات نہیں|بطور (?:اے آئی|زبان)",
    # "मैं नहीं बता सकता", "क्षमा करें", "पर्याप्त जानकारी नहीं"
    r"नहीं (?:कर|बता|दे|कह) सक|क्षमा करें|माफ़? ?कीजिए|मुझे खेद|पर्याप्त (?:जानकारी|संदर्भ) नहीं|मुझे नहीं पता"
    r"|भाषा मॉडल के रूप में",
    # "Tôi không thể xác định", "xin lỗi", "không đủ thông tin"
    r"\btôi không (?:thể|biết)\b|\bxin lỗi\b|\bkhông (?:thể|đủ thông tin để) xác định\b"
    r"|\bkhông đủ thông tin\b"
    r"|\blà một mô hình ngôn ngữ\b",
    # "Siwezi kujibu", "samahani", "sijui"
    r"\bsiwezi\b|\bsamahani\b|\bsijui\b|\bhaiwezekani\b|\bhakuna taarifa za kutosha\b",
    # "ขออภัย", "ไม่สามารถระบุได้", "ไม่ทราบ"
    r"ขออภัย|ขอโทษ|ไม่สามารถ(?:ระบุ|บอก|ตอบ|ตัดสิน|จำแนก|ช่วย|ให้|ประเมิน)|ไม่ทราบ|ข้อมูลไม่เพียงพอ|ในฐานะโมเดล",
    # "我无法判断", "抱歉", "作为AI", not "无法忍受"
    r"(?:无法|無法|不能|难以|難以)\w{0,4}?(?:确定|確定|判断|判斷|回答|识别|分类|分類|协助|評估|评估)|抱歉|对不起|對不起"
    r"|作为(?:一个|一名)?\s?(?:ai|人工智能|大?语言模型)|不知道|信息不足|信息不够",
    # "判断できません", "申し訳ありません", "分かりません"
    r"(?:判断|判定|お?答え|回答|特定|分類|お手伝い)(?:が|は|することは)?でき(?:ません|ない|かね)|申し訳|(?:分か|わか)りません"
    r"|言語モデルとして|情報が(?:不足|足りま)",
    # "판단할 수 없습니다", "죄송합니다", "모르겠습니다"
    r"(?:판단|결정|답변|대답|확인|분류|도와드릴|제공)(?:할)? ?수 없|죄송|모르겠|정보가 부족|언어 모델로서",
)


def word_pattern(label: str) -> str:
    """A regex for `label` as whole words in their forms (`label_forms`), any run of spaces, hyphens and
    underscores between them."""
    return label_forms([part for part in re.split(r"[\s_-]+", plain_letters(label).strip()) if part])


@functools.lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """`pattern` compiled to ignore case.

    Raises:
        ValueError: it does not compile, matches the empty text, or nests one unlimited repeat in
            another, which can take for ever on an unlucky answer.
    """
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"pattern {pattern!r} is not a regular expression: {error}") from error
    if compiled.search("") is not None:
        raise ValueError(f"pattern {pattern!r} matches an empty text, so it would match every answer")
    if _nests_repeats(sre.parse(pattern, re.IGNORECASE), inside=False):
        raise ValueError(
            f"pattern {pattern!r} nests one unlimited repeat (* or +) in another and may never finish; "
            "give the outer one a limit, such as {0,5}"
        )
    return compiled


def _nests_repeats(node: Any, inside: bool) -> bool:
    """True where a repeat without a limit stands inside another; possessive ones are harmless."""
    if isinstance(node, tuple) and len(node) == 2 and node[0] in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        _, most, body = node[1]
        unlimited = most == sre.MAXREPEAT
        return (unlimited and inside) or _nests_repeats(body, inside or unlimited)
    if isinstance(node, sre.SubPattern | list | tuple):
        return any(_nests_repeats(child, inside) for child in node)
    return False
