import type { Lexicon } from "./concepts.ts";

export const ENGLISH: Lexicon = {
  override:
    "ignore|ignoring|disregard|disregarding|forget|forgetting|override|overriding|not follow|must not follow|should not follow|must not obey|no longer have to follow|need not follow|never follow|not obey|not comply with|no longer relevant|no longer valid|no longer apply|do not exist|don't exist|did not exist|are void|null and void|are cancelled|are canceled|are revoked|are obsolete|" +
    "overrule|bypass|bypassing|" +
    "discard|neglect|pay no attention to|pay no heed to|do not follow|dont follow|don't follow|do not obey|don't obey|stop following|" +
    "stop obeying|no longer follow|no longer bound by|set aside|throw away|throw out|supersede*|abandon|unlearn|erase|disobey|" +
    "never mind|nevermind|nullif*|invalidate|wipe|put aside|leave behind|let go of|skip all|drop all|reset your|clear your|delete your|" +
    "violate|break free from|free from|do not comply with|don't comply with|stop complying with|act contrary to|dismiss all|cancel all",
  negation:
    "don't|dont|do not|never|not|without|cannot|can't|must not|should not|shouldn't|won't|didn't|did not|doesn't|does not",
  prior:
    "previous|previously|prior|above|earlier|preceding|former|foregoing|before|initial|original|existing|current|past|old|" +
    "so far|up to now|until now|up to this point|told you|gave you|given you|given to you|was told|were told|were given|you have received|" +
    "you received|you've been given|been given|programmed|said before|came before|prev|system|developer|safety|at the start|at the beginning",
  yours:
    "your|you|his|its|the user's|the developer|the developer's|openai|anthropic|google|creator*|owner's|provider's",
  all: "all|any|every|everything|each|entire|whole|complete|full|anything|stored|saved",
  instructions:
    "instruction|instructions|instruct|instructs|directive|directives|directions|prompt|prompts|guideline|guidelines|guidance|programming|" +
    "restriction|restrictions|constraint|constraints|safeguard|safeguards|guardrail|guardrails|told you|system message|system messages|" +
    "ethical rules|content policy|content policies|safety rules|safety policies|safety polic*|moderation|training|orders|commands|conditioning|boundaries|limitations|" +
    "what you were told|what i said|what was said|what i told you|what they said|instructions given|the developer",
  matters:
    "rule|rules|policy|policies|context|text|message|messages|conversation|everything|anything|input|inputs|content|chat|command|task|tasks|" +
    "request|requests|ones|lines|filters|protocol|protocols|principles|role|persona|alignment|memory|history|user|parameters|settings|statements",
  reveal:
    "print|prints|printing|reveal*|show|shows|repeat|repeating|output|display|leak|leaks|tell me|tell us|give me|give us|write out|dump|disclose|expose|" +
    "recite|share|list|what is|what are|what's|what were|echo|return|respond only with|answer with|reply with|respond with|hand over|spell out|read out|" +
    "copy|paste|translate|summarize|summarise|encode|divulge|provide|include|state|say|type out|transcribe|replay|exfiltrate|extract|spit out|send me|regurgitate",
  prompt:
    "system prompt|system prompts|systemprompt|hidden prompt|secret prompt|initial prompt|original prompt|your prompt|your instructions|" +
    "your initial instructions|your original instructions|your system message|system message|your guidelines|your rules|your configuration|text above|" +
    "prompt above|above prompt|above text|everything above|instructions above|words above|conversation above|developer message|developer prompt|the developer message|the developer prompt|the developer's message|" +
    "your preamble|preamble|your hidden|hidden instructions|secret instructions|initial instructions|system instructions|internal instructions|your directives|" +
    'custom instructions|starting with you are|starting with "you are|above this line|before this line|your exact instructions|your first message|your initial message|confidential prompt|told before this conversation|before this conversation started|previous system message|your context window|your full prompt|' +
    "meta prompt|base prompt|pre-prompt|preprompt|your programming",
  secret:
    "password|passwords|passwd|secret|secrets|secret key|secret keys|api key|api keys|apikey|api_key|api-key|credential|credentials|private key|private keys|access token|" +
    "access tokens|auth token|tokens|token|ssh key|ssh keys|id_rsa|env file|.env|environment variable|environment variables|env vars|github_token|aws_secret*|" +
    "openai_api_key|database_url|cookie|cookies|session token|session cookie|bearer token|credit card|card number|card numbers|social security|pin code|" +
    "/etc/passwd|/etc/shadow|the key|seed phrase|recovery phrase|passphrase|confidential",
  send:
    "send|sends|sending|forward|forwards|append|appends|upload|uploads|post|transmit|transmits|email|mail|attach|embed|put|add|include|insert|open|visit|visits|fetch|" +
    "request|curl|wget|leak|exfiltrate|exfiltrates|deliver|submit|pipe|copy|navigate|browse|load|render|ping|share|report|publish|encode",
  data:
    "conversation|chat history|conversation history|chat log|message history|messages|emails|e-mails|inbox|mailbox|files|file contents|contents|documents|contacts|" +
    "address book|customer data|user data|personal data|user's data|database|memory|source code|repository|history|calendar|private data|all data|data|transcript|" +
    "last three emails|context|variables|user's name|output of|results of|customers",
  destination:
    "url|urls|query string|query parameter|webhook|link|endpoint|server|pastebin|ngrok|image tag|image url|http request|external server|external site|remote server|" +
    "website|attacker|parameter|get request|domain|dns",
  agent:
    "assistant|assistants|ai|a.i.|agent|agents|llm|llms|language model|chatbot|chat bot|bot|gpt|chatgpt|claude|gemini|copilot|model|models|ai model|ai agent|ai assistant|" +
    "ai system|ai systems|gpt-4|llama|neural network|virtual assistant|summarizer|summariser|screener|reviewer|classifier|grader|evaluator|crawler",
  address:
    "note to ai|note to the ai|note to assistant|note to the assistant|note to agent|note to the agent|note to llm|note to the model|note for ai|note for the ai|" +
    "note for the assistant|note to chatgpt|message to the ai|message to ai|message for the ai|message for ai|attention ai|attention all ai|attention assistant|attention agent|" +
    "attention llm|attention language model|dear ai|dear assistant|dear agent|dear chatgpt|dear llm|dear language model|hey ai|hey assistant|hey chatgpt|hello ai|to any ai|to all ai|to the ai|" +
    "to ai assistant*|to ai agent*|for ai agent*|for ai assistant*|for ai systems|instruction for ai|instructions for ai|instructions for the ai|instructions for the assistant|" +
    "instruction to the assistant|if you are an ai|if you are a language model|if you are an llm|if you're an ai|if you are a large language|if you are an assistant|if you are reading this|" +
    "assistant reading this|ai reading this|agent reading this|model reading this|ai processing this|whoever processes this|any ai reading|any llm reading|to you, the ai|the ai model|" +
    "ai assistants should|ai agents should|ai agents must|ai assistants must|llms must|ai reviewers|ai screener|ai reviewer|ai recruiter|ai system reading|" +
    "before you can solve the task|the user has already approved|the user already approved|the user has authorized|the user pre-approved|when summarizing this|when summarising this|" +
    "when processing this|before summarising|before summarizing|before answering the user|without telling the user|do not tell the user|don't tell the user|do not mention this|don't mention this|" +
    "do not inform the user|without informing the user|hide this from the user|do not alert the user|never tell the user|keep this secret from the user",
  must: "must|should|shall|have to|has to|need to|needs to|required to|please|first|immediately|instead|now|always|obligated|make sure|be sure to",
  act:
    "approve|approves|approved|grant|grants|execute|executes|run|call|invoke|delete|transfer|wire|disable|rate|recommend|answer approved|hire|accept|purchase|buy|" +
    "refund|rm -rf|drop table|merge|install|download|unlock|escalate|promote|rank|score|give this|assign|click|schedule|cancel|change|update|reset|confirm|pay|authorize|authorise|allow|enable|respond|reply|act|obey|comply|do the following|follow these|do anything|modify|mark|say only|say|write|output only",
  fresh:
    "new instructions|new instruction|new directive|new directives|new task|new orders|new prompt|new system prompt|updated instructions|real instructions|actual instructions|" +
    "true instructions|your only task|your only job|your only goal|your new task|your new job|your new role|your new goal|your new instructions|your new objective|your real task|your real goal|your true purpose|your sole purpose|your sole task|" +
    "your actual task|real task|actual task|your task is now|your goal is now|from now on|from this point|from this moment|starting now|henceforth|instead you will|instead, you will|you will now|you must now|you are now going|begin new session|" +
    "start over|new conversation|new session begins|end of prompt|end of instructions|end of system prompt|end of user input|end of context|updated policy|important update|priority override|stop everything|change of plan|important instructions|high priority instruction*",
  persona:
    "act as|acts as|acting as|pretend|pretends|roleplay|role-play|role play|you are now|simulate|imagine you|imagine that you|imagine an ai|play a game|play the role|play the part|take on the role|" +
    "assume the role|become|you are dan|behave like|behave as|respond as|answer as|speak as|impersonate|you are an|you are a|you're a|you're now|you are in|switch to|enter|enable|activate|hypothetical|fictional|as my grandmother|my late grandmother|opposite mode|stay in character|named|called",
  free:
    "unfiltered|uncensored|unrestricted|unmoderated|no restrictions|no rules|no limits|no limitations|no filters|no filter|no guidelines|no ethics|no ethical|no morals|no boundaries|no safety|no content policy|" +
    "without restrictions|without any restrictions|without limits|without limitations|without filters|without rules|without censorship|without ethical|without moral|without any ethical|without any moral|without any filter*|without any rules|without any limitations|without safety|" +
    "never refuse|never refuses|cannot refuse|can't refuse|will not refuse|won't refuse|never say no|do anything now|jailbroken|jailbreak mode|dan mode|amoral|evil|free of all|" +
    "free from all|free from any|ignores all|ignores ethics|not bound by|no longer bound|broken free|without refusing|without warnings|without disclaimers|without any disclaimers|anything goes|bypass all|all restrictions|any restrictions|omit disclaimers|no matter how illegal|regardless of legality|even if illegal|evil confidant|stan|you are dan|dan",
  power:
    "administrator|admin|root|sudo|superuser|god mode|developer mode|debug mode|maintenance mode|system administrator|root access|root shell|admin mode|sudo mode|admin console|terminal|console|developer override|test mode|privileged|supervisor|superadmin|dev mode",
  bound:
    "token usage|usage counter|token counter|step counter|unlimited budget|unlimited tokens|unlimited calls|unlimited steps|unlimited quota|token budget|token limit|token limits|token quota|step limit|step budget|cost limit|cost budget|spending limit|spending cap|spend limit|quota|quotas|rate limit|rate limits|tool call limit|tool limit|usage limit|usage limits|budget guard|" +
    "iteration limit|execution limit|time limit|your limits|your budget|your limit|guardrail|guardrails|policy checks|policy check|safety checks|safety check|tool checks|approval step|approval requirement|pending pause|pause request|pending approval|own request|own approval|own pending|human approval|confirmation step|monitoring|audit log|audit logging|usage reporting|rate limiting|guard checks|content filter|content filters|safety filter*|safety mode|safety protocols|kill switch|watchdog",
  lift:
    "unlimited|raised|lifted|removed|increased|no longer apply|no longer applies|does not apply|do not apply|doesn't apply|disabled|disable|turned off|turn off|switch off|switched off|stop checking|skip|bypass|ignore|extended|waived|suspended|reset|deactivate|deactivated|" +
    "approve your own|approve its own|approve your|infinite|keep calling|stop reporting|do not report|don't report|not count|circumvent|work around|evade|remove|raise|increase|lift|off|mute|kill|zero",
  only: "nothing else|only|word for word|verbatim|exactly|in full|completely|letter by letter|character by character|as is|nothing more|without changes|in a code block|in plain text|everything|starting with|from the beginning|begin with",
  question:
    "how do i|how can i|how to|how would i|how should i|can i|could i|should i|may i|what does|what do|why does|why do|why did|is it ok|is it safe|is it possible|does it|do i|when should|what happens|which|explain how|explain what|what is a|what's a|what is the difference|difference between|why is|why are|what makes|article|blog post|paper|research|lesson|tutorial|documentation|workshop|example of|examples of",
};
