import type { Lexicon } from "./concepts.ts";

export const GERMAN: Lexicon = {
  override:
    "gelten nicht mehr|gilt nicht mehr|sind aufgehoben|sind ungultig|setz dich uber|setze dich uber|hinweg|schalte aus|deaktivier*|pfeif auf|wirf uber bord|lass ausser acht|ignorier*|vergiss|vergesst|vergessen|missacht*|umgeh*|verwirf|verwerf*|ubergeh*|lass alle|setze dich hinweg|hinwegsetzen|ausser acht|nicht mehr befolgen|befolge nicht|folge nicht|halte dich nicht|brich",
  negation: "nicht|niemals|nie|keinesfalls",
  prior:
    "vorherig*|bisherig*|vorangegangen*|fruher*|obig*|oben|zuvor|vorige*|ursprunglich*|bestehend*|davor|alt*|deine|deiner|ihre",
  all: "alle|allen|aller|alles|samtliche*|jede*",
  instructions:
    "sicherheitsrichtlinie*|sicherheitsregel*|schutzmassnahm*|sicherheitsfilter*|was du gelernt hast|was dir vorher|anweisung*|instruktion*|vorgab*|anleitung*|richtlinie*|befehl*|regel|regeln|weisung*|systemprompt*|prompt*|einschrankung*|beschrankung*|was dir gesagt wurde",
  reveal:
    "gib|gebe|zeig*|verrat*|nenn*|druck*|wiederhol*|offenbar*|ausgeben|ausgib|teile mir|sag mir|schreib*|liste|enthull*|was ist|was sind|wie lautet|wie lauten",
  prompt:
    "systemprompt|system-prompt|deine anweisungen|deinen anweisungen|deine instruktionen|systemanweisung*|text oberhalb|obigen text|systemnachricht|dein prompt|deinen prompt|ursprungliche anweisung*",
  secret:
    "passwort*|passworter|kennwort*|geheimschlussel*|zugangsdaten|geheimnis*|schlussel|api-schlussel|anmeldedaten|kreditkarten*",
  send: "sende*|schick*|leite|weiterleiten|hochladen|lade|ubermittl*|anhang*|mail*",
  data: "chatverlauf|diese e-mail|alle kontakte|unterhaltung|gesprach*|verlauf|e-mails|mails|dateien|daten|kontakte",
  persona:
    "tu als|verhalt dich|benimm dich|gib vor|ab sofort bist du|ab jetzt bist du|von nun an bist du|tu so|stell dir vor|du bist jetzt|du bist nun|spiel*|verhalte dich|handle als|agiere als|antworte als",
  free: "keine filter|ohne jede einschrankung|ohne grenzen|ohne zensur|keine grenzen|hattest du keine|ohne einschrankung*|ohne regeln|ohne filter|keine regeln|ungefiltert*|unzensiert*|keine einschrankung*|uneingeschrankt*",
  fresh:
    "neue anweisung*|ab jetzt|von nun an|neue aufgabe|deine neue aufgabe|ab sofort|deine einzige aufgabe",
  question: "wie kann ich|wie mache ich|kann ich|darf ich|soll ich|was bedeutet|warum",
  destination: "webhook|adresse|server",
  agent: "ki|assistent*|sprachmodell*|chatbot*|agent*",
  address:
    "hinweis an die ki|notiz an die ki|nachricht an die ki|hinweis fur die ki|anweisung an die ki|an die ki|liebe ki|an den assistenten|achtung ki|falls du eine ki|wenn du eine ki|wenn du ein sprachmodell|an alle ki-*",
  only: "wortlich|wort fur wort|buchstabe fur buchstabe|wortwortlich|vollstandig",
};

export const FRENCH: Lexicon = {
  override:
    "ne tenez plus compte|ne prends pas en compte|ne prenez pas en compte|desactive*|viole|enfreins|desobeis*|ne sont plus valables|ne s'appliquent plus|n'existaient pas|laisse tomber|ignore|ignorez|ignorer|oublie|oubliez|oublier|ne tiens pas compte|ne tenez pas compte|ne tenir pas compte|ne tenez aucun compte|ne suis plus|ne suivez plus|ne suivez pas|ne respecte plus|neglige*|fais abstraction|faites abstraction|contourne*|outrepasse*|passe outre|mets de cote|fais fi",
  negation: "n'ignore|n'ignorez|n'oublie|n'oubliez|jamais",
  prior:
    "precedent*|anterieur*|ci-dessus|au-dessus|avant|prealable*|initial*|initiales|d'avant|tes|vos|recue*|anciennes|existantes",
  all: "toutes|tous|tout|toute|chaque",
  instructions:
    "garde-fous|garde-fou|regles de securite|filtres|consignes de securite|tout ce que|instruction|instructions|consigne|consignes|directives|directive|regles|regle|ordres|commandes|invite|prompt|limitations|contraintes|restrictions|ce qu'on t'a dit",
  reveal:
    "affiche*|montre*|revele*|devoile*|imprime*|repete*|donne-moi|donnez-moi|donne moi|dis-moi|dites-moi|divulgue*|ecris|ecrivez|liste|quel est|quelles sont|quel etait|partage*|communique*",
  prompt:
    "tout ce qui est ecrit|tout ce qui precede|au-dessus de ce message|ce qui est ecrit au-dessus|prompt systeme|invite systeme|message systeme|tes instructions|vos instructions|instructions systeme|instructions initiales|texte ci-dessus|prompt initial|ton prompt|votre prompt|consignes initiales",
  secret:
    "mot de passe|mots de passe|cle secrete|cle api|cles api|cle d'api|identifiants|secrets|secret|jeton*|cle privee|code secret|cartes bancaires",
  send: "envoie|envoyez|envoyer|transmets|transmettez|transfere*|televerse*|poste|ajoute*",
  data: "conversation entiere|tous les fichiers|ce courriel|cet e-mail|ce mail|conversation|historique|courriels|e-mails|emails|fichiers|donnees|contacts",
  persona:
    "fais comme si|faites comme si|tu es une ia|maintenant, tu es|tu joues|mets-toi dans la peau|agis comme|agissez comme|fais semblant|tu es maintenant|vous etes maintenant|imagine que tu|joue le role|comporte-toi|tu es desormais|reponds comme",
  free: "sans aucune restriction|sans aucune limite|sans aucun filtre|pas de filtre*|aucun filtre|n'as pas de filtre*|sans restriction*|sans filtre*|sans limite*|sans regles|sans censure|aucune restriction|aucune regle|aucune limite|non censure*",
  fresh:
    "nouveaux ordres|nouvelles consignes|nouvelle consigne|nouvelles instructions|nouvelle instruction|a partir de maintenant|desormais|nouvelle tache|ta seule tache|ta nouvelle mission",
  question: "comment puis-je|comment faire|puis-je|dois-je|pourquoi|que signifie",
  agent: "ia|assistant|modele de langage|chatbot",
  address:
    "note pour l'ia|note pour l'assistant*|note a l'ia|note a l'assistant*|message pour l'ia|a l'attention de l'ia|attention ia|chere ia|cher assistant|si tu es une ia|si vous etes une ia|si tu es un modele",
  only: "mot pour mot|mot a mot|integralement|textuellement|en entier|lettre par lettre",
  destination: "adresse|webhook|serveur",
};

export const SPANISH: Lexicon = {
  override:
    "saltate|salteate|desactiva*|viola|rompe|desobedece*|no tengas en cuenta|no tomes en cuenta|ya no aplican|ya no son validas|no obedezcas|no respetes|deja de lado|ignora|ignore|ignorad|ignorar|ignoren|olvida|olvide|olvidar|olviden|olvidate|omite|omita|omitir|descarta|descarte|descartar|no sigas|no siga|deja de seguir|pasa por alto|pase por alto|haz caso omiso|haga caso omiso|hagan caso omiso|desobedece|anula|salta|evade|desatiende|prescinde|no hagas caso|elude",
  negation: "no olvides|no olvide|no te olvides|no ignores|nunca|jamas",
  prior:
    "anteriores|anterior|previas|previos|previa|previo|arriba|precedentes|iniciales|originales|antes|tus|sus|recibidas|dadas|existentes",
  all: "todas|todos|todo|toda|cualquier",
  instructions:
    "filtros de contenido|normas de seguridad|filtros|reglas de seguridad|lo que te dije*|instrucciones|instruccion|indicaciones|ordenes|directrices|reglas|directivas|mandatos|comandos|consignas|prompt|restricciones|normas|pautas|lo que te dijeron|limitaciones",
  reveal:
    "muestra*|revela*|imprime*|imprima|dime|digame|repite|repita|escribe|escriba|ensena*|ensename|dame|lista|divulga|comparte|cual es|cuales son|expon|entrega|entregame",
  prompt:
    "instrucciones que recibiste|las instrucciones que te dieron|lo que dice tu prompt|prompt del sistema|mensaje del sistema|tus instrucciones|sus instrucciones|instrucciones del sistema|prompt inicial|instrucciones iniciales|texto anterior|texto de arriba|tu prompt|mensaje de sistema|indicaciones iniciales",
  secret:
    "contrasena*|clave secreta|claves secretas|clave api|clave de api|clave privada|credenciales|secretos|secreto|token|tokens|claves|tarjetas de credito",
  send: "envia*|enviar|reenvia*|manda*|sube|adjunta*|anade|agrega|publica",
  data: "historial del chat|este correo|todos los archivos|todos los contactos|la conversacion|conversacion|historial|correos|archivos|datos|contactos|mensajes",
  persona:
    "actua|haz como si|a partir de ahora eres|eres una ia|hazte pasar|actua como|actue como|finge*|ahora eres|eres ahora|imagina que eres|haz de cuenta|comportate como|responde como|juguemos|simula",
  free: "ninguna restriccion etica|sin ninguna restriccion|sin restriccion*|no tienes filtros|no tiene ninguna restriccion|sin limites ni|sin restricciones|sin filtros|sin limites|sin reglas|sin censura|ninguna restriccion|ninguna regla|sin etica",
  fresh:
    "nuevas ordenes|nueva orden|nuevas reglas|nuevas instrucciones|nueva instruccion|a partir de ahora|desde ahora|nueva tarea|tu unica tarea|tu nueva tarea|de ahora en adelante",
  question: "como puedo|como hago|puedo|debo|por que|que significa",
  agent: "ia|asistente|modelo de lenguaje|chatbot|agente",
  address:
    "nota para la ia|nota para el modelo*|nota para el asistente|nota a la ia|mensaje para la ia|atencion ia|si eres una ia|si eres un modelo|querido asistente|instruccion para la ia",
  only: "palabra por palabra|al pie de la letra|textualmente|literalmente|letra por letra|completo",
  destination: "direccion|servidor|webhook",
};

export const PORTUGUESE: Lexicon = {
  override:
    "nao leve em conta|nao considere|desative*|viole|nao se aplicam mais|nao valem mais|nao obedeca|nao respeite|ignora|ignore|ignora|ignorem|ignorar|esqueca|esquece|esquecam|esquecer|desconsidere|desconsidera|desconsiderar|desconsiderem|descarte|nao siga|pare de seguir|desobedeca|contorne|burle|anule|deixe de lado|passe por cima",
  prior:
    "anteriores|anterior|previas|previos|acima|iniciais|originais|antes|suas|seus|tuas|recebidas|dadas|existentes|precedentes",
  all: "todas|todos|tudo|toda|qualquer",
  instructions:
    "diretrizes de seguranca|regras de seguranca|filtros|o que foi dito|tudo o que foi dito|instrucoes|instrucao|orientacoes|ordens|diretrizes|regras|diretivas|comandos|restricoes|limitacoes|normas|o que lhe foi dito|o que te disseram",
  reveal:
    "mostre|mostra|revele|revela|imprima|imprime|diga-me|diga|repita|repete|escreva|exiba|liste|divulgue|compartilhe|qual e|quais sao|exponha|me de|forneca",
  prompt:
    "prompt do sistema|mensagem do sistema|suas instrucoes|tuas instrucoes|instrucoes do sistema|prompt inicial|instrucoes iniciais|texto acima|seu prompt|comando do sistema",
  secret:
    "senha|senhas|chave secreta|chave de api|chave api|chave privada|credenciais|segredos|segredo|chaves|palavra-passe|cartoes de credito",
  send: "envie|envia|enviar|encaminhe|mande|anexe|publique|acrescente",
  data: "este e-mail|este email|todos os arquivos|todos os contatos|todos os contactos|a conversa|conversa|historico|e-mails|emails|arquivos|ficheiros|dados|contatos",
  persona:
    "finja|aja como se|voce e uma ia|em diante voce e|agora em diante voce|faca de conta que|aja como|finja*|voce agora e|agora voce e|imagine que voce|comporte-se|responda como|faca de conta",
  free: "sem nenhuma restricao|nao tem filtros|sem qualquer restricao|nao tem restricoes|nao tem regras|nenhum filtro|sem restricoes|sem filtros|sem limites|sem regras|sem censura|nenhuma restricao|nenhuma regra",
  fresh:
    "novas ordens|novo comando|novas regras|novas instrucoes|nova instrucao|a partir de agora|de agora em diante|nova tarefa|sua unica tarefa",
  question: "como posso|como faco|posso|devo",
  negation: "nao se esqueca|nao esqueca|nao ignore|nunca",
  agent: "ia|assistente|modelo de linguagem|chatbot|agente",
  address:
    "nota para a ia|nota para o assistente|nota para o modelo|mensagem para a ia|atencao ia|se voce e uma ia|se voce e um modelo|caro assistente|instrucao para a ia",
  only: "palavra por palavra|literalmente|na integra|texto completo|ao pe da letra|letra por letra",
  destination: "endereco|servidor|webhook",
};

export const ITALIAN: Lexicon = {
  override:
    "non tenere piu conto|disattiva*|viola|non valgono piu|non si applicano piu|non obbedire|lascia perdere|infrangi|salta|ignora|ignori|ignorate|ignorare|dimentica|dimentichi|dimenticate|dimenticare|trascura*|non seguire|non tenere conto|smetti di seguire|scarta|aggira|annulla|tralascia|disobbedisci|non considerare|non rispettare",
  prior:
    "precedenti|precedente|anteriori|sopra|iniziali|originali|prima|tue|tuoi|sue|ricevute|esistenti|passate",
  all: "tutte|tutti|tutto|tutta|qualsiasi|ogni",
  instructions:
    "linee guida di sicurezza|regole di sicurezza|filtri|filtri di sicurezza|cio che ti e stato detto|istruzioni|istruzione|indicazioni|ordini|direttive|regole|comandi|linee guida|restrizioni|limitazioni|vincoli|quello che ti e stato detto",
  reveal:
    "mostra*|rivela*|stampa*|dimmi|ripeti|scrivi|elenca|dammi|divulga|condividi|qual e|quali sono|visualizza|esponi|svela",
  prompt:
    "prompt di sistema|messaggio di sistema|tue istruzioni|istruzioni di sistema|prompt iniziale|istruzioni iniziali|testo sopra|testo precedente|tuo prompt",
  secret:
    "chiave segreta|chiave api|chiavi api|chiave privata|credenziali|segreti|segreto|parola d'ordine|carte di credito",
  send: "invia*|manda*|inoltra*|carica*|allega*|aggiungi",
  data: "questa email|questa e-mail|tutti i file|tutti i contatti|la conversazione|conversazione|cronologia|e-mail|email|dati|contatti|documenti",
  persona:
    "fai come se|d'ora in poi sei|comportati|sei un'ia|recita la parte|agisci come|fai finta|fingi*|ora sei|sei ora|immagina di essere|comportati come|rispondi come",
  free: "senza alcuna restrizione|non avere filtri|nessun filtro|non hai filtri|senza alcun limite|non avere restrizioni|senza alcun filtro|senza restrizioni|senza filtri|senza limiti|senza regole|senza censura|nessuna restrizione|nessuna regola",
  fresh:
    "nuovi ordini|nuove regole|nuove istruzioni|nuova istruzione|d'ora in poi|da ora in poi|da adesso in poi|nuovo compito|il tuo unico compito",
  question: "come posso|come faccio|posso|devo|perche",
  negation: "non dimenticare|non dimenticarti|non ignorare|mai",
  agent: "ia|assistente|modello linguistico|chatbot|agente",
  address:
    "nota per l'ia|nota per l'assistente|nota per il modello|messaggio per l'ia|attenzione ia|se sei un'ia|se sei un modello|caro assistente|istruzione per l'ia|istruzioni per l'ia",
  only: "parola per parola|letteralmente|alla lettera|per intero|testualmente",
};

export const DUTCH: Lexicon = {
  override:
    "vergeet wat|trek je niets aan van|schakel uit|omzeil|gelden niet meer|zijn niet meer geldig|gehoorzaam niet|houd je niet aan|let niet op|negeer|negeert|negeren|vergeet|vergeten|volg niet langer|sla geen acht|omzeil*|laat varen|overschrijf|schenk geen aandacht",
  prior:
    "vorige|voorgaande|eerdere|bovenstaande|voorafgaande|oorspronkelijke|hierboven|jouw|je|bestaande|gegeven",
  all: "alle|al|alles|elke|iedere",
  instructions:
    "instructies|instructie|aanwijzingen|opdrachten|richtlijnen|regels|bevelen|voorschriften|beperkingen",
  reveal: "toon|laat zien|onthul*|vertel*|herhaal|druk|print|geef|schrijf|openbaar|wat is|wat zijn|lijst",
  prompt:
    "systeemprompt|systeemprompt|systeem prompt|jouw instructies|je instructies|systeeminstructies|systeembericht|tekst hierboven",
  secret: "wachtwoord*|geheime sleutel*|api-sleutel*|inloggegevens|geheim|geheimen",
  persona:
    "vanaf nu ben je|je bent een ai|gedraag je alsof|doe alsof|je bent nu|gedraag je|speel de rol|stel je voor",
  free: "zonder enige beperking*|geen filters|zonder censuur|zonder limieten|geen regels|zonder beperkingen|zonder regels|zonder filter*|geen beperkingen|ongefilterd*|ongecensureerd*",
  fresh: "nieuwe instructies|vanaf nu|nieuwe taak|voortaan",
  negation: "vergeet niet|nooit",
  agent: "ai|assistent*|taalmodel*|chatbot*",
  address:
    "opmerking voor de ai|notitie voor de ai|bericht voor de ai|opmerking aan de ai|let op ai|als je een ai bent|beste assistent|instructie voor de ai",
  only: "letterlijk|woord voor woord|volledig",
};

export const SCANDINAVIAN: Lexicon = {
  override:
    "ignorera|ignorer|ignorere|glom|glem|bortse|bortsett fra|se bort fra|strunta i|folj inte|folg ikke|asidosatt|tilsidesaet*|unohda|jata huomiotta|ohita|sivuuta",
  prior:
    "tidigare|foregaende|tidligere|forrige|foregaaende|ovan|ovenfor|ovenstaende|ursprungliga|aiemmat|aiempi|edelliset|edellisia|aikaisemmat",
  all: "alla|alle|allt|alt|kaikki|kaikkia",
  instructions:
    "instruktioner|instruksjoner|instrukser|anvisningar|anvisninger|regler|riktlinjer|retningslinjer|direktiv|ohjeet|ohjeita|ohjeistukset|saannot",
  reveal:
    "visa|vis|avsloja|avslor|afslor|skriv|beratta|fortell|fortael|upprepa|gjenta|gentag|nayta|paljasta|kerro|tulosta",
  prompt:
    "systemprompt*|systemprompten|systeminstruktioner|dina instruktioner|dine instruksjoner|dine instruktioner|jarjestelmakehote",
  secret:
    "losenord*|passord*|adgangskode*|hemlig nyckel|hemliga nycklar|hemmelig nokkel|api-nyckel*|api-nokkel*|salasana*|salainen avain",
};

export const POLISH_CZECH: Lexicon = {
  override:
    "zignoruj*|ignoruj*|zapomnij*|zapomen*|pomin*|ignorovat|odhod|nedbej|lekcewaz|obejdz|porzuc|neridte se|prehlizej",
  negation: "nie|nikdy|nigdy",
  prior:
    "poprzedni*|wczesniejsz*|powyzsz*|dotychczasow*|predchoz*|drivejs*|vyse|predesl*|pierwotn*|puvodni*|twoje|tve",
  all: "wszystki*|wszelki*|vsechny|vsechn*|vesker*",
  instructions:
    "instrukcj*|polecen*|wskazowk*|zasad*|regul|reguly|reguł|wytyczn*|instrukce|instrukci|pokyn*|pravidl*|prikaz*|rozkaz*",
  reveal:
    "pokaz*|ujawnij*|wyswietl*|podaj*|wypisz*|powtorz*|zdradz*|ukaz*|vypis*|prozrad*|zobraz*|zopakuj*|jaki jest|jaky je",
  prompt:
    "prompt systemow*|systemowy prompt|monit systemow*|systemovy prompt|systemovy prompt|systemova instrukce|swoje instrukcje|twoje instrukcje|instrukcje systemow*|sve instrukce|systemove instrukce",
  secret:
    "haslo|hasla|heslo|hesla|tajny klucz|klucz api|klucz prywatny|tajny klic|tajne|api klic|poswiadczenia|dane logowania",
  only: "slowo w slowo|doslownie|slovo od slova|doslova",
  agent: "sztuczna inteligencja|sztuczna inteligencj*|asystent*|model jezykowy|umela inteligence",
  address: "uwaga dla ai|notatka dla ai|wiadomosc dla ai|do ai|dla ai|jesli jestes ai|poznamka pro ai|pro ai",
};

export const RUSSIAN_UKRAINIAN: Lexicon = {
  override:
    "отключи*|выключи*|сними ограничени*|больше не действ*|не соблюдай|не подчиняйся|вимкни|игнорируй*|игнорировать|проигнорируй*|забудь*|забыть|не обращай внимания|не обращайте внимания|отбрось*|пренебреги*|не следуй|не следуйте|обойди|обходи|отмени|нарушь|отвергни|ігноруй*|проігноруй*|забудь*|знехтуй*|не зважай|відкинь|не дотримуйся",
  negation: "не забудь|не забудьте|не забывай*|не|никогда|ніколи",
  prior:
    "предыдущ*|прежн*|ранее|выше|предшеств*|первоначальн*|исходн*|вышеуказанн*|данные тебе|свои|твои|попередн*|вищенаведен*|раніше|вище|початков*|существующ*|полученн*",
  all: "все|всех|всё|всю|любые|всякие|усі|всі|будь-які",
  instructions:
    "защит*|всё что тебе|все, что тебе говорили|фильтр*|захист*|инструкци*|указани*|команд*|правил*|приказ*|директив*|предписан*|ограничени*|промпт*|установк*|інструкці*|вказівк*|наказ*|обмежен*|настанов*",
  reveal:
    "выведи*|покажи*|раскрой*|распечатай*|напечатай*|повтори*|скажи*|сообщи*|напиши*|перечисли*|выдай*|назови*|какой у тебя|каков|покажіть|виведи*|розкрий*|роздрукуй*|напиши*|назви*|повідом*",
  prompt:
    "системный промпт|системного промпта|системную подсказку|системный запрос|системное сообщение|твои инструкции|свои инструкции|системные инструкции|текст выше|начальные инструкции|системний промпт|системну підказку|свої інструкції|системні інструкції|системный промпт*|системного промпт*|системные промпт*",
  secret:
    "парол*|секретный ключ|секретные ключи|секретного ключа|ключ api|api-ключ*|апи ключ|закрытый ключ|приватный ключ|секрет|секреты|учетные данные|токен*|секретний ключ|облікові дані|ключ",
  send: "отправь*|перешли*|пошли|загрузи*|передай*|надішли*|відправ*|перешли*",
  data: "переписк*|историю|письма|файлы|данные|контакты|листи|файли|дані|разговор*",
  persona:
    "притворись|притворяйся|с этого момента ты|представь, что ты|ты ии|вдай що|притворись|представь что ты|веди себя как|действуй как|ты теперь|теперь ты|сыграй роль|отвечай как|уяви що ти|поводься як|ти тепер|тепер ти",
  free: "нет фильтров|нет ограничений|без каких-либо ограничений|без всяких ограничений|не имеешь ограничений|без каких либо ограничений|без ограничений|без фильтров|без правил|без цензуры|нет правил|никаких ограничений|никаких правил|без обмежень|без правил|без цензури|без фільтрів",
  fresh:
    "новый приказ|новые приказы|новая команда|новые инструкции|новая инструкция|с этого момента|отныне|новая задача|с этой минуты|нові інструкції|відтепер|з цього моменту|твоя единственная задача",
  question: "как мне|можно ли|могу ли|почему|что значит|стоит ли",
  agent: "ии|ассистент*|нейросет*|языковая модель|чат-бот*|искусственный интеллект|штучний інтелект",
  address:
    "примечание для ии|заметка для ии|сообщение для ии|внимание ии|для ии|если ты ии|если вы ии|дорогой ассистент|для ассистента|инструкция для ии|примітка для ші",
  only: "дословно|слово в слово|полностью|целиком|дослівно",
};

export const OTHER_EUROPEAN: Lexicon = {
  override:
    "yok say|yoksay|gormezden gel|gozardi et|goz ardi et|unut|dikkate alma|uyma|αγνοησε|αγνοηστε|ξεχασε|ξεχαστε|παραβλεψε|ignora|ignorati|uita|uitati|hagyd figyelmen kivul|felejtsd el|felejts el|figyelmen kivul|игнорирай*|забрави*|zanemari|zaboravi|zaboravite|zanemarite",
  prior:
    "onceki|yukaridaki|daha onceki|mevcut|προηγουμεν*|παραπανω|αρχικ*|anterioare|precedente|de mai sus|korabbi|elozo|fenti|предишн*|prethodne|prethodna|ranije",
  all: "tum|butun|hepsini|ολες|ολα|toate|osszes|minden|всички|sve",
  instructions:
    "talimat*|yonerge*|komut*|kural*|οδηγι*|εντολ*|κανον*|instructiunile|instructiuni|regulile|utasitas*|szabaly*|инструкции|upute|uputstva|pravila|naredbe",
  reveal:
    "goster|yazdir|acikla|soyle|tekrarla|listele|ifsa et|ver|εμφανισε|δειξε|αποκαλυψε|πες μου|τυπωσε|afiseaza|arata|dezvaluie|spune|ird ki|mutasd|arulj el|nyomtasd|покажи|prikazi|otkrij|ispisi",
  prompt:
    "sistem istemi*|sistem komutu*|sistem mesaji*|sistem talimat*|sistem prompt*|προτροπη συστηματος|οδηγιες συστηματος|promptul de sistem|rendszerprompt*|rendszerutasitas*|системния промпт",
  secret:
    "sifre*|parola*|parolayi|gizli anahtar*|api anahtar*|κωδικο*|μυστικο κλειδι|κλειδι api|parola|parole|cheia secreta|jelszo*|titkos kulcs*|парола*|lozink*|tajni kljuc",
  only: "kelimesi kelimesine|harfi harfine|aynen",
  address: "yapay zekaya not|yapay zekaya mesaj|asistana not",
  negation: "unutma|unutmayin",
};
