using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Tests.Intake;

public class ConditionTests
{
    [Theory]
    [InlineData("identifier=http://x|1", "identifier=http%3A%2F%2Fx%7C1")]
    [InlineData("identifier=a|1&active=true", "active=true&identifier=a|1")]
    [InlineData("identifier=a|1,b|2", "identifier=b|2,a|1")]
    public void The_same_question_is_the_same_text_however_it_was_written(string one, string other) =>
        Assert.Equal(Parse(one).Canonical, Parse(other).Canonical);

    [Theory]
    [InlineData("identifier=a|1", "identifier=a|2")]
    [InlineData("identifier=a|1", "identifier=|1")]
    [InlineData("identifier=|1", "identifier=1")]
    [InlineData("identifier=a\\|1", "identifier=a|1")]
    public void Different_questions_are_different_texts(string one, string other) =>
        Assert.NotEqual(Parse(one).Canonical, Parse(other).Canonical);

    [Fact]
    public void Values_are_decoded_and_their_escapes_resolved()
    {
        var condition = Parse("identifier=urn%3Ax|a\\,b\\|c");
        var identifier = Assert.Single(condition.Identifiers);
        Assert.Equal(("urn:x", "a,b|c"), (identifier.System, identifier.Code));
        Assert.Equal("Practitioner?identifier", condition.Shown);
    }

    [Theory]
    [InlineData("")]
    [InlineData("identifier")]
    [InlineData("identifier=")]
    [InlineData("nonsense=1")]
    [InlineData("name=Smith")]
    [InlineData("identifier:of-type=x")]
    [InlineData("active=true")]
    [InlineData("identifier=http://x|")]
    [InlineData("identifier:not=a|1")]
    [InlineData("_id=not an id")]
    [InlineData("identifier=a%00b")]
    public void What_cannot_be_evaluated_is_refused(string query)
    {
        Assert.False(Condition.TryParse("Practitioner", query, out _, out string? problem));
        Assert.NotEmpty(problem);
        Assert.DoesNotContain("Smith", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_patient_reference_says_which_record_to_ask()
    {
        Assert.True(Condition.TryParse("Observation", "patient=p1&code=http://loinc.org|1-8", out var condition, out _));
        Assert.Equal("Patient/p1", Assert.Single(condition.PatientLogs));
    }

    private static Condition Parse(string query)
    {
        Assert.True(Condition.TryParse("Practitioner", query, out var condition, out string? problem), problem);
        return condition;
    }
}

public class DerivedIdTests
{
    private readonly DerivedIds _ids = new(new byte[32]);

    [Fact]
    public void The_same_entry_gets_the_same_id_from_every_gateway() =>
        Assert.Equal(_ids.Of("epic", "m").ForEntry(3), new DerivedIds(new byte[32]).Of("epic", "m").ForEntry(3));

    [Fact]
    public void Source_message_entry_and_secret_all_count()
    {
        string[] ids =
        [
            _ids.Of("epic", "m").ForEntry(3),
            _ids.Of("epi", "cm").ForEntry(3),
            _ids.Of("epic", "m").ForEntry(4),
            _ids.Of("epic", "n").ForEntry(3),
            _ids.Of("epic", new string('m', 3000)).ForEntry(3),
            new DerivedIds(Enumerable.Repeat((byte)1, 32).ToArray()).Of("epic", "m").ForEntry(3),
        ];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[a-z2-7]{26}$", id));
    }

    [Fact]
    public void The_bits_are_those_of_RFC_4648_base32()
    {
        // SHA-256 over [HMAC-SHA-256 with 32 zero bytes as key over 01 00000000 01000000 61 01000000 62] 00000000, by OpenSSL; its first
        // 130 bits by coreutils' base32.
        Assert.Equal(Expected, _ids.Of("a", "b").ForEntry(0));
    }

    private const string Expected = "6jhws3olcepe5w4klbtv3o2by4";

    [Fact]
    public void A_short_secret_is_refused() => Assert.Throws<ArgumentException>(() => new DerivedIds(new byte[16]));
}
