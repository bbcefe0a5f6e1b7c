import type { Lexicon } from "./concepts.ts";

/** How an order wants to be carried out, and what makes it one that cannot be taken back: in secret, unasked, in another's name. */
export const ENGLISH_CONDUCT: Lexicon = {
  weaken:
    "abort|abandon|quit|break|breaking|violate|violating|reject|kill|replace|cancel|cancelled|canceled|withdrawn|revoked|toss|tossed|turn a blind eye to|drop|lower|put on hold|on hold|suspend|suspended|lay aside|ditch|lose|escape|rewrite|overwrite|" +
    "loosen|shed|switch off|switched off|turn off|turned off|are off|is off|gone|lifted|outdated|not meant for|no authority|do not use|don't use|don't listen to|do not listen to|stop|have been updated|has been updated|been changed|" +
    "unlock|unlocked|push aside|shelve|relax|defy|resist|outgrow|transcend|let go|reset|clear|cast off|throw off|ignored|dropped|forgot|put|keep from|refrain from|replaced|obsolete|lapsed|annulled|mute|silence|skip|undo|strip away|remove|delete|erase|unlearn|forsake|renounce|not follow|not apply|against",
  hush:
    "hide it from the log|hide it from the user|hide it from them|hide the action|do not mention the|don't mention the|do not mention any|don't mention any|never mention the|not tell anyone|not tell anybody|no need to notify|no need to inform|no need to alert|without alerting|nobody needs to know|no one needs to know|no one has to know|nobody has to know|without showing it|without showing the user|hide the bad|leave out the|from the user|out of the log|omit this from|do not include this in|" +
    "do not tell the user|don't tell the user|without telling the user|not tell the user|do not inform the user|without informing the user|do not notify the user|without notifying the user|do not alert the user|without alerting the user|" +
    "without the user noticing|without the user's knowledge|the user must not know|the user should not know|hide this from the user|conceal this from the user|keep this from the user|do not show this to the user|do not mention this|don't mention this|do not mention it|don't mention it|" +
    "not mention it|not mention this|not mentioning it|not mentioning this|do not mention that|without mentioning|do not disclose this|do not reveal this|do not report this|do not report it|do not log this|do not log it|do not log the action|say nothing about|say nothing to|do not say anything about|keep quiet about|" +
    "tell nobody|tell no one|tell no-one|do not tell anyone|don't tell anyone|don't tell anybody|do not tell anybody|without telling anyone|without telling anybody|without anyone noticing|without anybody noticing|don't notify|do not notify|without notifying|without informing|without notice to|without leaving|leave no trace|delete the traces|cover your tracks|hide the alert|suppress the alert|" +
    "do not talk about this|never mention this|never mention it|quietly|silently|secretly|covertly|discreetly|in secret|unnoticed|behind the scenes|keep this secret|keep it secret|keep this hidden|keep this between us|" +
    "do not let the user|don't let the user|user does not need to know|user doesn't need to know|no need to mention|no need to tell|do not acknowledge|don't acknowledge|without acknowledging|do not reference this",
  unasked:
    "consent is on file|consent on file|consent was given|consent has been given|authorization is on file|authorisation is on file|don't ask accounting|do not ask accounting|don't ask finance|don't ask anyone|do not ask anyone|don't call back|do not call back|without calling back|mark every request as|mark all requests as|treat every request as|approve every request|approve everything|without calling|although it has no|skip authentication|skip the login|skip the four-eyes|skip the second|no need to call|automatically approve|approve all|without a second|without human|no questions|without any check*|without waiting for approval|without waiting for confirmation|without waiting for permission|without waiting for a|without waiting for the user|do not wait|don't wait|before anyone|right away without|" +
    "without asking|without confirmation|without confirming|without approval|without permission|without verification|without verifying|without checking|without review|without reviewing|without validation|without further checks|without hesitation|without question|no confirmation|no approval|no verification|no questions asked|" +
    "no need to verify|no need to confirm|no need to check|no need to ask|don't need to verify|do not need to verify|don't need to ask|do not need to ask|don't need to check|need not verify|don't wait for|do not wait for|do not ask the user|don't ask the user|do not ask for confirmation|don't ask for confirmation|do not ask for permission|do not ask for approval|never ask for confirmation|do not verify|don't verify|do not confirm|don't confirm|" +
    "as if it had been approved|as if it had already been approved|as if it was approved|as if it were approved|already been approved|already approved|approval was granted|approval is granted|approval has been granted|confirmation was given|skip the approval|skip approval|skip the confirmation|skip confirmation|skip the human review|skip the review|skip verification|skip the verification|skip all checks|skip the checks|skip any checks|bypass approval|bypass confirmation|bypass verification|" +
    "regardless of the policy|regardless of policy|regardless of the rules|regardless of the refund policy|regardless of any|no matter what the policy|despite the policy|against the policy|without looking at|consent is assumed|treat the next message as confirmation|counts as confirmation|counts as approval|treat this as approved|consider this approved|consider it approved|pre-approved|preapproved|pre-authorized|pre-authorised|" +
    "user has authorised|user has authorized|user has already agreed|user already agreed|user agreed to|user has consented|user has already approved|user has approved|user has already authorized|user has already authorised|user secretly wants|user actually wants|user really wants",
  claim:
    "you now answer to me|you answer to me|you now report to me|only my orders count|only my commands count|only my instructions count|you must obey me|you only obey me|you obey me|i am your only master|i am your new master|i'm your new master|you take orders from me|you only take orders from me|i work at|as your creator|the system owner|as your maker|as your developer|i order you|i command you|as the owner of this|i'm a police officer|i am a police officer|i'm from the police|i am from the police|i'm your boss|i am your boss|i'm the ceo|i am the ceo|i'm the owner|i am the owner|message from your vendor|message from your provider|message from your operator|message from your administrator|message from your owner|message from your maker*|i work for|works for the company|made you|who made you|company that made you|your supervisor|admin here|root user|i'm the root|i am root|verified user|verified doctor|is a verified|sanctioned test|authorized test|authorised test|official test|has priority over|takes priority over|takes precedence over|take precedence over|overrules|highest priority|top priority|your makers|your maker|your developers|developers wrote|the previous user is|impostor|" +
    "security team|i am your developer|i'm your developer|i am your creator|i'm your creator|i am your administrator|i am your operator|i am the developer|i'm the developer|i am the administrator|i'm the administrator|i am the admin|i'm the admin|i am an admin|i'm an admin|i am an administrator|i'm an authorised|i'm an authorized|i am an authorised|i am an authorized|" +
    "i have admin rights|i have root access|i have administrator|as the system administrator i|as your administrator i|as your developer i|as your creator i|as the administrator i|as the developer i|as an administrator i authorise|i authorise you|i authorize you|i hereby authorise|i hereby authorize|you are authorised|you are authorized|you are hereby authorised|you are hereby authorized|authorised you|authorized you|" +
    "by order of|on behalf of the developers|your creators|your developers|your developer|your operator|your owner|your new owner|your master|your administrator|override code|override key|authorization code|authorisation code|access code accepted|code accepted|has been verified as|is verified as|has been authenticated as|verified administrator|verified admin|emergency protocol|emergency override|emergency access|incident commander|" +
    "openai has|anthropic has|google has updated your|microsoft has updated your|has updated your policy|your policy has been updated|your policy was updated|red team tester|penetration tester|compliance department|the ceo|message from the platform|message from your developer*|message from openai|message from anthropic|from the system administrator|from the development team|security audit|for an audit|legal department|law enforcement",
  harm:
    "proceed with the wire|proceed with the transfer|proceed with the payment|escalate|whitelist|redirect|publish|leak|add my|log me in|log in as|promote|elevate|make me|disable|click|type|reset the password|format|" +
    "delete|deletes|deleting|erase|erases|wipe|destroy|remove|transfer|transfers|wire|pay|purchase|buy|order|refund|grant|grants|approve|approves|merge|execute|run|install|invite|close|drop|rm -rf|delete_all_files|transfer_funds|send_money|shut down|deploy|push|insert|inject|add|change|replace|redirect|update|issue|apply|disclose|open the|unlock|star this|follow the maintainer|call",
  payee:
    "payroll|salary|salaries|bank data|payment|payments|bill|to this account|following wallet|supplier*|vendor's details|money|" +
    "bank account|account number|payee|recipient|beneficiary|bank details|payment details|banking details|payout|iban|wallet|crypto wallet|bitcoin|btc|gift card|gift cards|the money|the funds|all funds|funds|the balance|invoice|invoices|the bill|future bills|all payments|refund|discount|usd|dollars|euros",
};

/** The same in other languages, and what their lexicons lack. */
export const CONDUCT: readonly Lexicon[] = [
  {
    hush: "ohne es zu erwahnen|erwahne das nicht|erwahne es nicht|erwahne dies nicht|sag dem nutzer nichts|sag dem benutzer nichts|sage dem nutzer nichts|sage dem benutzer nichts|ohne dem nutzer|ohne dem benutzer|ohne den nutzer|ohne den benutzer|ohne es dem|sag niemandem|sage niemandem|verschweig*|heimlich|unbemerkt|informiere den nutzer nicht|sag nichts davon",
    unasked:
      "ohne ruckfrage|ohne zu fragen|ohne nachzufragen|ohne bestatigung|ohne genehmigung|ohne prufung|ohne freigabe",
    harm: "losche|loschen|losch|uberweise|uberweisen|kaufe|zahle|bezahle|installiere|gewahre|genehmige|andere die",
    payee: "das geld|geld|kontonummer|bankverbindung|gutscheinkarten|alle rechnungen|konto",
  },
  {
    hush: "sans prevenir|sans le dire|sans en parler|sans l'informer|sans informer|sans le mentionner|n'en parle pas|ne le dis pas|ne dis rien|ne le mentionne pas|n'en parlez pas|ne previens pas|en secret|discretement|a l'insu",
    unasked: "sans demander|sans confirmation|sans verification|sans autorisation|sans approbation",
    harm: "supprime|supprimez|efface|effacez|detruis|virer|vire|achete|achetez|paie|payez|installe|accorde|execute",
    payee: "l'argent|compte bancaire|beneficiaire|cartes cadeaux|les fonds|toutes les factures",
  },
  {
    hush: "no lo menciones|no se lo digas|no le digas|sin decirle|sin decirselo|sin avisar|no avises|no digas nada|sin informar|sin mencionarlo|sin que el usuario|en secreto|a escondidas|no informes|sin que nadie",
    unasked:
      "sin preguntar|sin confirmacion|sin pedir confirmacion|sin verificar|sin aprobacion|sin autorizacion|sin permiso",
    harm: "borra|borre|elimina|elimine|transfiere|transfiera|paga|pague|compra|compre|instala|ejecuta|concede|aprueba",
    payee: "el dinero|cuenta bancaria|beneficiario|tarjetas de regalo|los fondos|todas las facturas",
  },
  {
    hush: "senza dirlo|senza dire|senza avvisare|senza informare|non dirlo|non dire nulla|non dire niente|non menzionarlo|non ne parlare|non avvisare|di nascosto|in segreto|senza menzionarlo|all'insaputa",
    unasked: "senza chiedere|senza conferma|senza verifica|senza approvazione|senza autorizzazione",
    harm: "cancella|elimina|trasferisci|compra|installa|esegui|concedi|approva",
    payee: "i soldi|il denaro|conto bancario|beneficiario|buoni regalo|tutte le fatture",
  },
  {
    hush: "nao conte|sem contar|sem avisar|sem informar|nao avise|nao diga nada|nao mencione|sem mencionar|em segredo|as escondidas|sem que o usuario",
    unasked:
      "sem perguntar|sem confirmacao|sem pedir confirmacao|sem verificar|sem aprovacao|sem autorizacao",
    harm: "apague|apaga|exclua|delete todos|transfira|pague|compre|instale|execute|conceda|aprove",
    payee: "o dinheiro|conta bancaria|beneficiario|todas as faturas|cartoes presente",
  },
  {
    hush: "zonder het te vermelden|zeg er niets over|zeg niets tegen|vertel het niet|vermeld het niet|zonder de gebruiker|zonder iets te zeggen|zonder dat de gebruiker|stiekem|in het geheim|vertel niemand",
    unasked: "zonder te vragen|zonder bevestiging|zonder toestemming|zonder goedkeuring|zonder controle",
    harm: "verwijder|wis|maak over|koop|betaal|installeer|voer uit",
    payee: "het geld|bankrekening|begunstigde|cadeaubonnen|alle facturen",
    send: "stuur|verstuur|verzend|doorsturen|upload",
    data: "gesprek|geschiedenis|bestanden|contacten|deze mail|deze e-mail|gegevens|e-mails",
    must: "moet",
  },
  {
    hush: "nie wspominaj|nie mow|bez wiedzy|nic nie mow|nie informuj|potajemnie|po cichu|w tajemnicy|tajne pred|nezminuj|nerikej",
    unasked: "bez pytania|bez potwierdzenia|bez zgody|bez weryfikacji",
    harm: "usun|skasuj|przelej|kup|zaplac|zainstaluj|wykonaj|smaz|odstran",
    payee: "pieniadze|konto bankowe|wszystkie faktury",
    send: "przeslij|wyslij|przekaz|odesli|posli",
    data: "wiadomosc|rozmow*|pliki|plikow|kontakt*|dane|historie",
    persona: "udawaj|zachowuj sie|jestes teraz|od teraz jestes|wciel sie|wyobraz sobie ze jestes|predstirej",
    free: "bez ograniczen|bez zadnych ograniczen|bez filtrow|nie masz filtrow|bez zasad|bez cenzury|zadnych zasad|zadnych ograniczen|bez omezeni|bez filtru",
    fresh: "nowe instrukcje|nowe polecen*|nowe zadanie|od teraz|nove instrukce|od ted|od nynejska",
    override: "nie przestrzegaj|nie stosuj sie|olej|obejdz|zlam",
    matters: "wszystkim co|wszystko co",
  },
  {
    hush: "не говори|не говорите|не сообщай|не упоминай|не упоминайте|ничего не говори|не рассказывай|не уведомляй|втайне|тайно|незаметно|без ведома|не повідомляй|не кажи|не згадуй",
    unasked: "без подтверждения|без разрешения|без проверки|не спрашивая|без согласия|без підтвердження",
    harm: "удали|удалите|сотри|переведи|купи|оплати|установи|выполни|выполняй|видали|перекажи",
    payee: "деньги|банковский счет|получателя|все счета|гроші",
    data: "все файлы|письмо",
  },
  {
    hush: "不要告诉用户|不要告訴用戶|别告诉用户|不要让用户知道|不要通知用户|不要提及|不要提到|不要提及此事|悄悄|偷偷|秘密地|暗中|不要告诉任何人|瞒着",
    unasked: "无需确认|無需確認|不需要确认|不用确认|未经确认|不要询问|无需询问|不经允许",
    harm: "删除|刪除|清空|转账|轉帳|付款|购买|購買|安装|执行|執行|批准",
    payee: "资金|钱|账户|帳戶|礼品卡|收款人",
  },
  {
    hush: "ユーザーには言わない|ユーザーに言わない|ユーザーには知らせ|ユーザーに知らせ|ユーザーに伝え|言及しない|触れないで|内緒|秘密に|こっそり|誰にも言わ",
    unasked: "確認なし|確認せず|許可なし|許可なく|確認不要|承認なし",
    harm: "削除|消去|送金|振り込|購入|インストール|実行|承認",
    payee: "お金|資金|口座|ギフトカード|受取人",
  },
  {
    hush: "사용자에게 말하지|사용자에게 알리지|사용자한테 말하지|언급하지|말하지 마|알리지 마|몰래|비밀로|아무에게도",
    unasked: "확인 없이|허락 없이|승인 없이|묻지 말고|물어보지 말고",
    harm: "삭제|지워|송금|이체|구매|설치|실행|승인",
    payee: "계좌|돈을|자금|기프트 카드|수취인",
  },
  {
    hush: "لا تخبر|دون اخبار|دون علم|لا تذكر|لا تبلغ|سرا|بدون اخبار|به کاربر نگو|אל תספר|בלי לספר|בסתר",
    unasked: "دون تاكيد|بدون تاكيد|دون اذن|دون موافقة|بدون تأكيد|בלי אישור",
    harm: "احذف|امسح|حول|اشتر|ادفع|نفذ|ثبت|حذف کن|מחק|העבר",
    payee: "المال|الاموال|الحساب|حساب بنكي|بطاقات الهدايا",
    send: "ارسل|أرسل|اعد توجيه|أعد توجيه|حول|ارفع|بفرست|שלח|העבר",
    data: "المحادثة|الملفات|البريد|الرسالة|جهات الاتصال|البيانات|פרטים|השיחה",
    agent: "الذكاء الاصطناعي|ذكاء اصطناعي|المساعد|هوش مصنوعی|בינה מלאכותית",
    persona:
      "تظاهر|تصرف|انت الان|أنت الآن|العب دور|تخيل انك|من الان فصاعدا انت|وانمود کن|התנהג|העמד פנים|אתה עכשיו",
    free: "بلا قيود|بدون قيود|دون قيود|بلا اي قيود|بدون اي قيود|دون اي قيود|بلا حدود|بدون فلاتر|بدون مرشحات|بدون رقابة|ليس لديك قيود|بدون محدودیت|ללא הגבלות|בלי הגבלות",
    fresh:
      "تعليمات جديدة|من الان فصاعدا|من الآن فصاعدا|مهمة جديدة|اوامر جديدة|دستورات جدید|از این به بعد|הוראות חדשות|מעכשיו",
  },
  {
    hush: "kullaniciya soyleme|kullaniciya haber verme|kimseye soyleme|bahsetme|belli etme|gizlice|haber vermeden",
    unasked: "onay almadan|sormadan|onaysiz|izin almadan|dogrulama yapmadan",
    harm: "sil|silin|kaldir|transfer et|satin al|havale et|calistir|yukle",
    payee: "parayi|banka hesabi|hediye karti|hesaba",
    send: "ilet|gonder|gonderin|yonlendir|yolla",
    data: "e-postayi|e-posta|konusma*|dosya*|kisilere|verileri|gecmisi",
    persona: "rolunu yap|gibi davran|taklit et|artik sen|sen artik|varsay",
    free: "kisitlamasi olmayan|hicbir kisitlama*|kisitlama olmadan|sinirsiz|filtresiz|kuralsiz|filtren yokmus|sansursuz",
    fresh: "yeni talimat*|su andan itibaren|bundan sonra|yeni gorev*|bundan boyle",
    agent: "yapay zeka*|asistan*",
  },
  {
    hush: "मत बताओ|मत बताना|न बताएं|न बताओ|जिक्र मत|चुपचाप|गुप्त रूप से|mat batao|mat batana|বলবেন না|জানাবেন না",
    unasked: "बिना पूछे|बिना पुष्टि|बिना अनुमति|bina puche",
    harm: "हटा दो|हटाओ|मिटा दो|मिटाओ|डिलीट|ट्रांसफर|भुगतान करो|खरीदो",
    payee: "पैसे|पैसा|बैंक खाता",
    send: "भेजो|भेज दो|भेजें|फॉरवर्ड|अग्रेषित|bhejo",
    data: "ईमेल|फाइलें|फ़ाइलें|संपर्कों|बातचीत|डेटा|चैट",
    agent: "एआई|ए आई|सहायक",
    persona: "अभिनय करो|नाटक करो|मान लो कि तुम|अब से तुम|की तरह व्यवहार",
    free: "बिना किसी प्रतिबंध|बिना प्रतिबंध|कोई प्रतिबंध नहीं|बिना किसी रोक|बिना किसी सीमा|बिना फिल्टर",
    fresh: "नए निर्देश|नया निर्देश|अब से|नया कार्य|नया आदेश",
  },
  {
    hush: "jangan beri tahu|jangan katakan|tanpa memberi tahu|diam-diam|dung noi voi|khong noi cho|ห้ามบอก|อย่าบอก",
    harm: "hapus|xoa|ลบ|transfer semua",
    fresh: "instruksi baru|mulai sekarang|huong dan moi|tu bay gio|คำสั่งใหม่|ตั้งแต่นี้",
    persona: "berpura-pura|kamu sekarang|anda sekarang|hay dong vai|bay gio ban la|แกล้งทำ|คุณคือ",
    free: "tanpa batasan|tanpa filter|tanpa aturan|khong gioi han|khong han che|ไม่มีข้อจำกัด",
    send: "kirim|kirimkan|teruskan|gui|chuyen tiep|ส่ง",
    data: "percakapan|file|berkas|semua data|tap tin|du lieu|ไฟล์",
  },
  {
    hush: "berätta inte|namn inte|utan att beratta|fortell ikke|sig ikke|uden at fortaelle|uten a fortelle|i hemlighet|i smug|ala kerro",
    harm: "radera|slett|slet|poista|overfor|siirra",
    fresh:
      "nya instruktioner|fran och med nu|nye instruksjoner|fra na av|nye instruktioner|fra nu af|uudet ohjeet|tasta lahtien",
    persona:
      "latsas|late som|lat som|lad som|du ar nu|du er na|du er nu|agera som|opptre som|teeskentele|olet nyt",
    free: "utan begransningar|utan regler|uten begrensninger|uten regler|uden begraensninger|uden regler|ilman rajoituksia",
    send: "skicka|vidarebefordra|videresend|send videre|laheta",
    data: "konversationen|samtalet|samtalen|filer|filerna|filene|kontakter|tiedostot",
  },
];
