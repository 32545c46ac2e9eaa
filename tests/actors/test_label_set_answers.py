"""Answers as annotators write them, read as a person reads them out."""

import pytest

from actors.label_set_parser import parse_labels
from actors.prompts.task import load_task

GENRES = load_task("mm_imdb_genres")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Drama, Romance.", "Drama, Romance"),
        ("Genres: Drama, Thriller, Crime", "Crime, Drama, Thriller"),
        ("Answer: Drama, Thriller.", "Drama, Thriller"),
        ('["Drama", "War"]', "Drama, War"),
        ('{"genres": ["Sci-Fi", "Action"], "reason": "a family is hunted in a war"}', "Action, Sci-Fi"),
        ('{"Crime": true, "Comedy": false, "Film-Noir": true}', "Crime, Film-Noir"),
        (
            "**Genres:** **Drama**, **Romance**\n\n**Explanation:** The family is divided by war.",
            "Drama, Romance",
        ),
        ("The genres of this movie are comedy, drama, and romance.", "Drama, Comedy, Romance"),
        (
            "Based on the plot, this movie could be considered a crime thriller with elements of comedy.",
            "Crime, Thriller, Comedy",
        ),
        (
            "This can be classified as a documentary. It follows a sports team and the coach's family.",
            "Documentary",
        ),
        ("The movie is a drama about a family torn apart by war.", "Drama"),
        (
            "The film is a romantic comedy set during the war, with musical elements.",
            "Comedy, Romance, Musical",
        ),
        (
            "Sure! Here are the genres:\n\n1. Horror\n2. Mystery\n3. Thriller\n\nAsk me for their history.",
            "Thriller, Mystery, Horror",
        ),
        (
            "1. Drama: The film follows a family through a war.\n2. Romance: Two musicians fall in love.",
            "Drama, Romance",
        ),
        ("Horror (primary), Mystery (secondary)", "Mystery, Horror"),
        ("I would say it's a western. There is also some action.", "Action, Western"),
        ("Action/Adventure/Sci-Fi", "Action, Adventure, Sci-Fi"),
        (
            "The plot tells of a boy who loves music and sport. The genre is most likely drama or family.",
            "Drama, Family",
        ),
        ("Das Genre ist Drama und Romance, keine Comedy.", "Drama, Romance"),
        ("Genre: Drama (Thriller?)\nDer Film handelt von einem Western-Helden.", "Drama, Thriller"),
        ("Biography, Drama, History, War</s>", "Drama, History, War, Biography"),
        ("Short, Animation, Family", "Short, Family, Animation"),
        ("The image shows a man with a gun, which suggests action. Genres: Action, Crime", "Crime, Action"),
        (
            "This appears to be a fantasy adventure film, although it may also contain some horror.",
            "Adventure, Fantasy, Horror",
        ),
        ("- [x] Drama\n- [ ] Comedy\n- [x] War", "Drama, War"),
        ("Included:\n- Drama\n- Crime\n\nExcluded:\n- Comedy\n- Horror", "Crime, Drama"),
        ("Drama - the family's history unfolds during the war.", "Drama"),
        ("Psychological thriller, dark comedy", "Thriller, Comedy"),
        (
            "It's a drama. The main character is a sports journalist. It has elements of mystery.",
            "Drama, Mystery",
        ),
        ("Drama, because the family is drawn into a war.", "Drama"),
        ("Yes: Crime, Drama. No: Comedy, Animation.", "Crime, Drama"),
        ("✅ Drama\n❌ Comedy\n✅ Music", "Drama, Music"),
        ("Is it a comedy? No, it is a drama.", "Drama"),
        (
            "The movie is not a comedy but rather a crime drama with a touch of film noir.",
            "Crime, Drama, Film-Noir",
        ),
        ("| Genre | Applies |\n|---|---|\n| Drama | yes |\n| Comedy | no |", "Drama"),
        ("Comedy: No, the film deals with a family in a war.\nDrama: Yes, the hero dies.", "Drama"),
        ("The film falls under the genres of Comedy and Musical, and it lacks romance.", "Comedy, Musical"),
        (
            "Crime, Drama, Mystery\nReason: the detective looks into the history of a rich family.",
            "Crime, Drama, Mystery",
        ),
        ("Drama, Sport\n\n### Human: What about war?\n", "Drama, Sport"),
        ("Main genre: Science fiction; secondary genre: Horror.", "Sci-Fi, Horror"),
    ],
)
def test_an_answer_is_read_as_a_person_reads_it(text: str, expected: str) -> None:
    assert ", ".join(parse_labels(GENRES, text, "stop").labels or []) == expected
