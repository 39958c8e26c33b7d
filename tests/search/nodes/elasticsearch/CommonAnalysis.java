package hello.search;

import java.io.Reader;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.cjk.CJKBigramFilter;
import org.apache.lucene.analysis.cjk.CJKWidthFilter;
import org.apache.lucene.analysis.en.EnglishMinimalStemFilter;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.KStemFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.apache.lucene.analysis.pattern.PatternReplaceCharFilter;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.PreConfiguredTokenFilter;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/** Stands in for Elasticsearch's module analysis-common, with the same names and options of its filters. */
public final class CommonAnalysis extends Plugin implements AnalysisPlugin {
    private static final int FIRST_GRAM = 1;
    private static final int LAST_GRAM = 2;
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u([0-9A-Fa-f]{4})|(.))");
    private static final Map<String, Integer> SCRIPTS = Map.of(
        "han", CJKBigramFilter.HAN,
        "hiragana", CJKBigramFilter.HIRAGANA,
        "katakana", CJKBigramFilter.KATAKANA,
        "hangul", CJKBigramFilter.HANGUL);

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        return Map.of(
            "asciifolding", (index, environment, name, settings) -> normalizing(name, folding(settings)),
            "cjk_bigram", (index, environment, name, settings) -> filter(name, bigrams(settings)),
            "cjk_width", (index, environment, name, settings) -> normalizing(name, CJKWidthFilter::new),
            "edge_ngram", (index, environment, name, settings) -> filter(name, edges(settings)),
            "kstem", (index, environment, name, settings) -> filter(name, KStemFilter::new),
            "porter_stem", (index, environment, name, settings) -> filter(name, PorterStemFilter::new),
            "stemmer", (index, environment, name, settings) -> filter(name, stemmer(settings)));
    }

    @Override
    public List<PreConfiguredTokenFilter> getPreConfiguredTokenFilters() {
        return List.of(
            PreConfiguredTokenFilter.singleton("asciifolding", true, ASCIIFoldingFilter::new),
            PreConfiguredTokenFilter.singleton("cjk_bigram", false, CJKBigramFilter::new),
            PreConfiguredTokenFilter.singleton("cjk_width", true, CJKWidthFilter::new),
            PreConfiguredTokenFilter.singleton(
                "edge_ngram", false, false, stream -> new EdgeNGramTokenFilter(stream, FIRST_GRAM)),
            PreConfiguredTokenFilter.singleton("kstem", false, KStemFilter::new),
            PreConfiguredTokenFilter.singleton("porter_stem", false, PorterStemFilter::new),
            PreConfiguredTokenFilter.singleton("stemmer", false, PorterStemFilter::new));
    }

    @Override
    public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
        return Map.of(
            "mapping",
            AnalysisPlugin.requiresAnalysisSettings(
                (index, environment, name, settings) -> characters(name, mapping(settings))),
            "pattern_replace",
            AnalysisPlugin.requiresAnalysisSettings(
                (index, environment, name, settings) -> characters(name, replacing(settings))));
    }

    private static UnaryOperator<TokenStream> folding(Settings settings) {
        boolean original = settings.getAsBoolean("preserve_original", false);
        return stream -> new ASCIIFoldingFilter(stream, original);
    }

    private static UnaryOperator<TokenStream> bigrams(Settings settings) {
        List<String> ignored = settings.getAsList("ignored_scripts");
        int scripts = SCRIPTS.entrySet().stream()
            .filter(script -> !ignored.contains(script.getKey()))
            .mapToInt(Map.Entry::getValue)
            .sum();
        boolean unigrams = settings.getAsBoolean("output_unigrams", false);
        return stream -> new CJKBigramFilter(stream, scripts, unigrams);
    }

    private static UnaryOperator<TokenStream> edges(Settings settings) {
        int first = settings.getAsInt("min_gram", FIRST_GRAM);
        int last = settings.getAsInt("max_gram", LAST_GRAM);
        boolean original = settings.getAsBoolean("preserve_original", false);
        return stream -> new EdgeNGramTokenFilter(stream, first, last, original);
    }

    private static UnaryOperator<TokenStream> stemmer(Settings settings) {
        String language = settings.get("language", settings.get("name", "porter"));
        return switch (language) {
            case "english", "porter" -> PorterStemFilter::new;
            case "light_english", "lightEnglish", "kstem" -> KStemFilter::new;
            case "minimal_english", "minimalEnglish" -> EnglishMinimalStemFilter::new;
            case "possessive_english", "possessiveEnglish" -> EnglishPossessiveFilter::new;
            default -> throw new IllegalArgumentException("the tests' node has no stemmer for " + language);
        };
    }

    private static UnaryOperator<Reader> mapping(Settings settings) {
        if (!settings.hasValue("mappings")) {
            throw new IllegalArgumentException("mapping requires `mappings` to be configured");
        }
        NormalizeCharMap.Builder builder = new NormalizeCharMap.Builder();
        for (String rule : settings.getAsList("mappings")) {
            String[] sides = rule.split("=>", 2);
            if (sides.length < 2) {
                throw new IllegalArgumentException("Invalid mapping rule : [" + rule + "]");
            }
            builder.add(unescape(sides[0].strip()), unescape(sides[1].strip()));
        }
        NormalizeCharMap map = builder.build();
        return reader -> new MappingCharFilter(map, reader);
    }

    private static String unescape(String side) {
        return ESCAPE.matcher(side).replaceAll(found -> Matcher.quoteReplacement(character(found)));
    }

    private static String character(MatchResult escape) {
        if (escape.group(1) != null) {
            return Character.toString(Integer.parseInt(escape.group(1), 16));
        }
        return switch (escape.group(2)) {
            case "n" -> "\n";
            case "t" -> "\t";
            case "r" -> "\r";
            case "b" -> "\b";
            case "f" -> "\f";
            default -> escape.group(2);
        };
    }

    private static UnaryOperator<Reader> replacing(Settings settings) {
        if (!settings.hasValue("pattern")) {
            throw new IllegalArgumentException("pattern_replace requires `pattern` to be configured");
        }
        Pattern pattern = Regex.compile(settings.get("pattern"), settings.get("flags"));
        String replacement = settings.get("replacement", "");
        return reader -> new PatternReplaceCharFilter(pattern, replacement, reader);
    }

    private static TokenFilterFactory filter(String name, UnaryOperator<TokenStream> change) {
        return new TokenFilterFactory() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public TokenStream create(TokenStream stream) {
                return change.apply(stream);
            }
        };
    }

    /** A filter that normalizers of keyword fields may use too. */
    private static TokenFilterFactory normalizing(String name, UnaryOperator<TokenStream> change) {
        return new NormalizingTokenFilterFactory() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public TokenStream create(TokenStream stream) {
                return change.apply(stream);
            }
        };
    }

    private static CharFilterFactory characters(String name, UnaryOperator<Reader> change) {
        return new CharFilterFactory() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public Reader create(Reader reader) {
                return change.apply(reader);
            }
        };
    }
}
