"""N-gram models against slow ones in dictionaries, straight from the formulas."""

import gzip
import json
import math
import random
import subprocess
import sys
from collections import Counter, defaultdict

import numpy as np
import pytest

import ondol

LN10 = math.log(10)


def random_text(sentences, seed):
    """Words follow each other, some often and most rarely, so that all counts of counts occur."""
    r, last, lines = random.Random(seed), 0, []
    for _ in range(sentences):
        line = []
        for _ in range(r.randint(1, 12)):
            last = int(last / 2 + r.paretovariate(0.7)) % 2000
            line.append(f"단어{last}")
        lines.append(" ".join(line))
    return "\n".join(lines) + "\n"


def sentences_of(text):
    return [["<s>", *line.split(), "</s>"] for line in text.split("\n") if line.split()]


class KneserNey:
    """Interpolated modified Kneser-Ney by its definition (Chen and Goodman 1998, section 3)."""

    def __init__(self, text, order, fallback=None, prune=()):
        self.order = order
        raw = [Counter() for _ in range(order + 1)]
        for words in sentences_of(text):
            for n in range(1, order + 1):
                raw[n].update(tuple(words[i:i + n]) for i in range(len(words) - n + 1))
        self.vocabulary = sorted({g[0] for g in raw[1]} | {"<unk>"})
        del raw[1][("<s>",)]
        adjusted = [Counter() for _ in range(order + 1)]
        adjusted[order] = raw[order]
        for n in range(1, order):
            in_front = defaultdict(set)
            for gram in raw[n + 1]:
                in_front[gram[1:]].add(gram[0])
            for gram, count in raw[n].items():
                adjusted[n][gram] = count if gram[0] == "<s>" else len(in_front[gram])
        limit = [0] + [prune[min(n, len(prune) - 1)] if prune else 0 for n in range(order)]
        self.kept = [{g for g in raw[n] if raw[n][g] > limit[n]} for n in range(order + 1)]
        self.discounts = [None] + [self.estimate(adjusted[n].values(), fallback) for n in range(1, order + 1)]
        self.behind = [defaultdict(dict) for _ in range(order + 1)]
        for n in range(1, order + 1):
            for gram, count in adjusted[n].items():
                self.behind[n][gram[:-1]][gram[-1]] = count

    @staticmethod
    def estimate(counts, fallback):
        n = Counter(counts)
        try:
            y = n[1] / (n[1] + 2 * n[2])
            d = [i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3)]
            if n[2] == 0 or any(not 0 <= d[i] <= i + 1 for i in range(3)):
                raise ZeroDivisionError
            return d
        except ZeroDivisionError:
            return fallback

    def discount(self, n, count):
        return self.discounts[n][min(count, 3) - 1]

    def gamma(self, context):
        """What the words behind a context leave to the order below."""
        n = len(context) + 1
        seen = self.behind[n][context]
        left = sum(self.discount(n, c) if context + (w,) in self.kept[n] else c for w, c in seen.items())
        return left / sum(seen.values())

    def p(self, word, context):
        context = tuple(context)[max(0, len(context) - self.order + 1):]
        n = len(context) + 1
        if n > 1 and not any(context + (w,) in self.kept[n] for w in self.behind[n].get(context, ())):
            return self.p(word, context[1:])
        lower = self.p(word, context[1:]) if context else 1 / (len(self.vocabulary) - 1)
        count = self.behind[n][context].get(word, 0)
        if not count or context + (word,) not in self.kept[n]:
            return self.gamma(context) * lower
        total = sum(self.behind[n][context].values())
        return (count - self.discount(n, count)) / total + self.gamma(context) * lower


class Arpa:
    """An ARPA file in a dictionary."""

    def __init__(self, path):
        self.grams, self.order = {}, 0
        opened = gzip.open(path, "rt", encoding="utf-8") if str(path).endswith(".gz") else open(path, encoding="utf-8")
        with opened as file:
            for line in file.read().split("\n"):
                if line.endswith("-grams:"):
                    self.order = int(line[1:line.index("-")])
                elif self.order and line and not line.startswith("\\"):
                    p, words, *backoff = line.split("\t")
                    self.grams[tuple(words.split())] = float(p), float(backoff[0]) if backoff else 0.0
        self.words = [gram[0] for gram in self.grams if len(gram) == 1]

    def log10(self, word, context):
        if (word,) not in self.grams:
            word = "<unk>"
        context = tuple(w if (w,) in self.grams else "<unk>" for w in context)
        context = context[max(0, len(context) - self.order + 1):]
        if context + (word,) in self.grams:
            return self.grams[context + (word,)][0]
        return self.grams.get(context, (0, 0.0))[1] + self.log10(word, context[1:])

    def score(self, words):
        context, scores = ("<s>",), []
        for word in [*words, "</s>"]:
            scores.append(self.log10(word, context))
            context += (word,)
        return scores


def random_arpa(path, order, seed, words=60, unknown=True, compress=False):
    """No distribution: values of all sizes, in random order, and n-grams whose last words are no n-gram."""
    r = random.Random(seed)
    vocabulary = ["<s>", "</s>", *(["<unk>"] if unknown else []), *(f"단{i}" for i in range(words))]
    grams = [[], [(w,) for w in vocabulary]]
    for n in range(2, order + 1):
        contexts = [g for g in grams[n - 1] if g[-1] != "</s>"]
        made = {r.choice(contexts) + (r.choice(vocabulary),) for _ in range(300 * n)}
        grams.append(sorted(made))
    lines = ["\\data\\", *(f"ngram {n}={len(grams[n])}" for n in range(1, order + 1)), ""]
    for n in range(1, order + 1):
        lines.append(f"\\{n}-grams:")
        r.shuffle(grams[n])
        for gram in grams[n]:
            p = r.choice([-r.random() * 7, -r.random() * 1e-3, -99, 0, -0.25])
            backoff = r.choice(["", "\t0", f"\t{r.uniform(-3, 0.5):.7g}"]) if n < order else ""
            lines.append(f"{p:.8g}\t{' '.join(gram)}{backoff}")
        lines.append("")
    text = "\n".join([*lines, "\\end\\", ""])
    path.write_bytes(gzip.compress(text.encode()) if compress else text.encode())
    return vocabulary


def train(text, **options):
    trainer = ondol.NGramTrainer(**options)
    trainer.add(text)
    return trainer.estimate()


def run(*arguments, stdin=b""):
    return subprocess.run([sys.executable, "-m", "ondol", *map(str, arguments)], input=stdin, capture_output=True,
                          timeout=120)


# Scoring


@pytest.mark.parametrize("order, unknown, compress", [
    (1, True, False), (2, True, True), (3, False, False), (6, True, False), (10, True, False)])
def test_scores_are_those_of_the_file(tmp_path, order, unknown, compress):
    path = tmp_path / ("lm.arpa.gz" if compress else "lm.arpa")
    vocabulary = random_arpa(path, order, seed=order, unknown=unknown, compress=compress)
    model, arpa = ondol.NGram.load(path), Arpa(path)
    if not unknown:
        arpa.grams[("<unk>",)] = -100.0, 0.0
    assert (model.order, model.vocabulary) == (order, len(vocabulary) + (not unknown))
    r, longest = random.Random(1), list(arpa.grams)
    for _ in range(500):
        words = [w for _ in range(r.randint(0, 4)) for w in r.choice(
            [r.choice(longest), (r.choice(vocabulary),), ("없는말",), ("<unk>",), ("<s>",), ("</s>",)])]
        scored = model.score(" ".join(words))
        expected = arpa.score(words)
        np.testing.assert_allclose(np.array(scored.nll) / -LN10, expected, rtol=1e-6, atol=5e-6)
        assert scored.sum / LN10 == pytest.approx(sum(expected), abs=1e-4)
        assert len(scored.ids) == len(scored.lengths) == len(words) + 1 and scored.ids[-1] == model.eos
        # In steps as at once.
        state = model.start()
        for word, nll in zip(scored.ids, scored.nll):
            step = model.step(state, word)
            assert step.log_probability == -nll
            state = step.state


def test_all_words_at_once(tmp_path):
    path = tmp_path / "lm.arpa"
    random_arpa(path, 4, seed=5)
    model = ondol.NGram.load(path)
    r = random.Random(2)
    for _ in range(50):
        state = model.state([r.randrange(model.vocabulary) for _ in range(r.randint(0, 6))])
        values = model.log_probabilities(state)
        assert values.dtype == np.float32 and values.shape == (model.vocabulary,)
        expected = [model.step(state, word).log_probability for word in range(model.vocabulary)]
        expected[model.bos] = -np.inf
        np.testing.assert_array_equal(values, np.float32(expected))
        assert model.state(model.context(state)) == state


def test_what_a_model_says_of_itself(tmp_path):
    path = tmp_path / "lm.arpa"
    vocabulary = random_arpa(path, 3, seed=7)
    model = ondol.NGram.load(path)
    assert [model.word(i) for i in range(model.vocabulary)] == Arpa(path).words
    assert set(Arpa(path).words) == set(vocabulary)
    assert model.word(model.bos) == "<s>" and model.word(model.eos) == "</s>" and model.word(model.unknown) == "<unk>"
    assert model.find("단3") == model.encode("단3")[0] and model.find("없는말") is None
    assert model.decode(model.encode("단3 단4")) == "단3 단4"
    assert model.counts[0] == model.vocabulary and model.memory > 0 and model.unit == "words"
    assert "order 3" in repr(model)
    with pytest.raises(ondol.Error, match="outside of the vocabulary"):
        model.word(model.vocabulary)
    runtime = ondol.Runtime(memory_limit=3000)
    with pytest.raises(ondol.Error, match="memory limit") as error:
        ondol.NGram.load(path, runtime=runtime)
    assert error.value.code == "out_of_memory" and runtime.memory_used == 0


def test_bad_files_are_named(tmp_path):
    good = tmp_path / "good.arpa"
    random_arpa(good, 2, seed=3)
    lines = good.read_text(encoding="utf-8").split("\n")
    bad = tmp_path / "bad.arpa"
    start = lines.index("\\2-grams:")
    for change, line, message in [
        (lambda l: l.insert(start + 1, "-1\t단1"), start + 2, "2 fields"),
        (lambda l: l.insert(start + 1, "-1\t단1 x"), start + 2, "no unigram"),
        (lambda l: l.insert(start + 5, l[start + 2]), start + 6, "the same 2-gram"),
        (lambda l: l.__setitem__(start + 3, "1" + l[start + 3].lstrip("-0")), start + 4, "over 0|not the logarithm"),
        (lambda l: l.pop(-2), None, "ends after line"),
    ]:
        changed = list(lines)
        change(changed)
        if "same" in message:
            changed[2] = f"ngram 2={int(changed[2].split('=')[1]) + 1}"
        bad.write_text("\n".join(changed), encoding="utf-8")
        with pytest.raises(ondol.Error, match=message) as error:
            ondol.NGram.load(bad)
        assert error.value.code == "bad_file" and "bad.arpa" in str(error.value)
        assert line is None or f"line {line}:" in str(error.value)
    for content, message in [(b"BZh91AY&SY..", "bzip2"), (b"\xfd7zXZ\0..", "xz")]:
        bad.write_bytes(content)
        with pytest.raises(ondol.Error, match=message):
            ondol.NGram.load(bad)
    with pytest.raises(ondol.Error, match="nowhere"):
        ondol.NGram.load("/nowhere.arpa")


def test_random_damage_never_does_more_than_raise(tmp_path):
    path, r = tmp_path / "lm.arpa", random.Random(9)
    random_arpa(path, 3, seed=3, words=8)
    good, loaded = path.read_bytes(), 0
    for _ in range(300):
        data = bytearray(good)
        for _ in range(r.randint(1, 3)):
            at = r.randrange(len(data))
            data[at:at + r.choice([0, 1, 8])] = r.choice([b"", bytes([r.randrange(256)]), b"9999999999", b"-\t\n"])
        path.write_bytes(data if r.random() < 0.7 else gzip.compress(bytes(data))[:r.choice([-1, -20, None])])
        try:
            loaded += len(ondol.NGram.load(path).score("단1 단2 단3").nll) == 4
        except ondol.Error as error:
            assert error.code in ("bad_file", "unsupported") and "lm.arpa" in str(error)
    assert loaded > 10


# Training


@pytest.mark.parametrize("order, prune", [(1, ()), (2, ()), (3, ()), (5, ()), (3, (0, 0, 1)), (4, (0, 1, 1, 3))])
def test_kneser_ney_is_what_the_paper_says(tmp_path, order, prune):
    text = random_text(1500, seed=order)
    reference = KneserNey(text, order, fallback=(0.5, 1, 1.5), prune=prune)
    estimate = train(text, order=order, prune=prune, discount_fallback=(0.5, 1, 1.5))
    np.testing.assert_allclose(estimate.discounts, reference.discounts[1:], rtol=1e-12)
    assert estimate.counts == [len(reference.vocabulary)] + [len(kept) for kept in reference.kept[2:]]
    path = tmp_path / "lm.arpa"
    estimate.write(path)
    arpa, model = Arpa(path), estimate.model()
    assert arpa.order == order
    for gram, (p, backoff) in arpa.grams.items():
        if gram == ("<s>",):
            assert p == 0
        else:
            assert p == pytest.approx(math.log10(reference.p(gram[-1], gram[:-1])), abs=2e-6), gram
        if len(gram) < order and any(gram + (w,) in reference.kept[len(gram) + 1]
                                     for w in reference.behind[len(gram) + 1].get(gram, ())):
            assert backoff == pytest.approx(math.log10(reference.gamma(gram)), abs=2e-6), gram
        else:
            assert backoff == 0, gram
    r = random.Random(6)
    noise = [[r.choice(reference.vocabulary) for _ in range(9)] for _ in range(30)]
    for words in [*r.sample(sentences_of(text), 30), *noise]:
        words = [w for w in words if w != "<s>"]
        context = ("<s>",)
        for word, nll in zip(words, model.score(" ".join(words), end=False).nll):
            assert -nll == pytest.approx(math.log(reference.p(word, context)), abs=1e-5)
            context += (word,)


@pytest.mark.parametrize("options", [
    dict(order=4), dict(order=3, prune=(0, 0, 2)), dict(order=3, smoothing="additive", added=0.1), dict(order=1),
    dict(order=6, unit="characters", discount_fallback=(0.5, 1, 1.5)),
    dict(order=6, unit="bytes", discount_fallback=(0.5, 1, 1.5)),
])
def test_probabilities_of_all_words_sum_to_one(options):
    text = random_text(1500, seed=8)
    model = train(text, **options).model()
    assert model.unit == options.get("unit", "words")
    state = model.start()
    for word in [*model.encode(text[:300].replace("\n", " ")), model.unknown, *range(15)]:
        assert np.exp(np.float64(model.log_probabilities(state))).sum() == pytest.approx(1, abs=2e-5)
        state = model.step(state, word).state


def test_the_worked_example(read_json):
    example = read_json("examples/examples.json")["bigram"]
    text = "\n".join(example["corpus"])
    plain = train(text, order=2, smoothing="none").model()
    added = train(text, order=2, smoothing="additive").model()
    for case, model, sentence in [("plain", plain, "오늘 날씨가 좋네요"), ("plain_add1", added, "오늘 날씨가 좋네요"),
                                  ("unseen", plain, "내일 기분이 좋네요"), ("unseen_add1", added, "내일 기분이 좋네요")]:
        scored = model.score(sentence)
        np.testing.assert_allclose(np.exp(-np.array(scored.nll)), example[case]["factors"], rtol=1e-6, atol=1e-6)
        assert math.exp(scored.sum) == pytest.approx(example[case]["probability"], abs=1e-7)
        if example[case]["perplexity"] == "infinite":
            assert scored.sum == -math.inf and scored.perplexity == math.inf
        else:
            assert scored.perplexity == pytest.approx(example[case]["perplexity"], abs=1e-6)
    for before in ("날씨가", "오늘"):
        state = plain.state(plain.encode(before))
        for word, p in example[f"after {before}"].items():
            assert math.exp(plain.step(state, plain.find(word)).log_probability) == pytest.approx(p, abs=1e-6)


def test_a_written_model_is_the_model_in_memory(tmp_path):
    text = random_text(800, seed=11)
    estimate = train(text, order=4)
    assert not any(estimate.fallbacks)
    model = estimate.model()
    for name in ("lm.arpa", "lm.arpa.gz"):
        estimate.write(tmp_path / name)
        read = ondol.NGram.load(tmp_path / name)
        assert read.counts == model.counts == estimate.counts
        for line in text.split("\n")[:50]:
            assert read.score(line + " 없는말").nll == model.score(line + " 없는말").nll
    assert gzip.open(tmp_path / "lm.arpa.gz").read() == (tmp_path / "lm.arpa").read_bytes()


def test_text_from_files_and_pieces(tmp_path):
    text = random_text(300, seed=12)
    plain, packed = tmp_path / "text", tmp_path / "text.gz"
    plain.write_text(text, encoding="utf-8")
    packed.write_bytes(gzip.compress(text.encode()))
    options = dict(order=2, discount_fallback=(0.5, 1, 1.5))
    expected = train(text, **options)
    for add in (lambda t: t.add_file(plain), lambda t: t.add_file(packed),
                lambda t: [t.add(line) for line in text.split("\n")], lambda t: t.add(text.encode())):
        trainer = ondol.NGramTrainer(**options)
        add(trainer)
        assert trainer.sentences == 300 and trainer.words == len(text.split())
        estimate = trainer.estimate()
        assert estimate.counts == expected.counts and estimate.discounts == expected.discounts


@pytest.mark.parametrize("options, text, message", [
    (dict(order=0), "a", "order is 0"), (dict(order=11), "a", "order is 11"), (dict(), "", "no words"),
    (dict(), "a b", "discounts cannot be estimated"), (dict(prune=[1]), "a", "unigrams stay"),
    (dict(smoothing="good_turing"), "a", "expected one of kneser_ney, additive, none"),
    (dict(unit="word"), "a", "expected one of words, characters, bytes"), (dict(), "a\nb </s>\n", 'line 2: "</s>"'),
    (dict(smoothing="additive", added=math.nan), "a", "added is nan"),
])
def test_what_cannot_be_trained(options, text, message):
    with pytest.raises(ondol.Error, match=message) as error:
        train(text, **options)
    assert error.value.code == "invalid_argument"


# Generation


def test_generation_is_a_walk_through_the_model():
    model = train(random_text(1500, seed=13), order=3).model()
    assert model.generate().text == model.generate(temperature=0).text
    drawn = model.generate("단어1", temperature=1.0, seed=3, max_tokens=12)
    assert drawn.ids == model.generate("단어1", temperature=1.0, seed=3, max_tokens=12).ids and drawn.seed == 3
    assert drawn.finish == ("eos" if drawn.ids[-1] == model.eos else "length")
    assert str(drawn) == drawn.text == model.decode(drawn.ids)
    texts = {model.generate(temperature=1.0, seed=seed).text for seed in range(20)}
    assert len(texts) > 10 and not any("<" in text for text in texts)
    banned = model.generate(banned_tokens=[model.generate(max_tokens=1).ids[0]], max_tokens=1)
    assert banned.ids != model.generate(max_tokens=1).ids
    with pytest.raises(ondol.Error, match='did you mean "temperature"'):
        model.generate(temperatur=1.0)


def test_draws_are_as_often_as_they_are_likely():
    model = train(random_text(1500, seed=14), order=2).model()
    first = Counter(model.generate(temperature=1.0, seed=seed, max_tokens=1).ids[0] for seed in range(3000))
    p = np.exp(np.float64(model.log_probabilities(model.start())))
    for word in np.argsort(-p)[:5]:
        assert first[int(word)] / 3000 == pytest.approx(p[word], abs=4 * math.sqrt(p[word] / 3000))


# The command


def test_the_command_trains_and_scores(tmp_path):
    text, arpa = tmp_path / "text", tmp_path / "lm.arpa"
    text.write_text(random_text(1500, seed=15), encoding="utf-8")
    done = run("ngram", text, arpa, "--order", 3)
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    assert b"1,500 sentences" in done.stdout and b"3-grams" in done.stdout
    model = ondol.NGram.load(arpa)
    assert model.order == 3
    lines = text.read_text(encoding="utf-8").split("\n")[:3]
    done = run("ngram", "-", arpa, "--score", "--json", stdin="\n".join([*lines, "", "없는말"]).encode())
    scored = json.loads(done.stdout)
    assert [row["nll"] for row in scored["lines"]] == [-model.score(line).sum for line in [*lines, "없는말"]]
    assert scored["unknown"] == 1 and scored["tokens"] == sum(len(line.split()) + 1 for line in [*lines, "x"])
    assert run("ngram", text, arpa, "--score").stdout.count(b"\n") == 1501
    zipped = tmp_path / "lm.arpa.gz"
    assert run("ngram", "-", zipped, "--order", 3, stdin=text.read_bytes()).returncode == 0
    assert gzip.open(zipped).read() == arpa.read_bytes()


def test_the_command_says_what_it_made_up_and_what_is_wrong(tmp_path):
    text, arpa = tmp_path / "text", tmp_path / "lm.arpa"
    text.write_text("오늘 날씨가 좋네요\n오늘 기분이 좋네요\n", encoding="utf-8")
    done = run("ngram", text, arpa)
    assert done.returncode == 0 and b"too small to estimate the discounts" in done.stderr
    assert ondol.NGram.load(arpa).order == 5
    for arguments, message in [((text, arpa, "--discount-fallback", ""), b"discounts cannot be estimated"),
                               ((text, arpa, "--order", 12), b"order is 12"), ((tmp_path / "no", arpa), b"no"),
                               ((text, tmp_path / "no" / "lm.arpa"), b"lm.arpa"),
                               ((text, text, "--score"), b"no ARPA file")]:
        done = run("ngram", *arguments)
        assert done.returncode == 1 and done.stderr.startswith(b"ondol: ") and message in done.stderr.split(b"\n")[-2]
    assert run("ngram", text, arpa, "--discount-fallback", "1,2").returncode == 2
    assert run("ngram", text, arpa, "--prune", "a").returncode == 2
    done = run("ngram", text, arpa, "--order", 2, "--smoothing", "none", "--json")
    assert json.loads(done.stdout)["counts"] == [7, 6] and done.stderr == b""
    assert "-inf\t<unk>" in arpa.read_text(encoding="utf-8")
