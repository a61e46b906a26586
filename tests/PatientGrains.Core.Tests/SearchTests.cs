using System.Collections.Immutable;
using System.Text;
using PatientGrains.Core.Record;
using PatientGrains.Core.Search;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

/// <summary>Search parameters over stored terms (R4 3.1.1.4).</summary>
public class SearchTests
{
    private const string Loinc = "http://loinc.org";

    // R4 3.1.1.4.10: [code], [system]|[code], |[code], [system]|.
    [Theory]
    [InlineData(Loinc, "8867-4", Loinc, "8867-4", true)]
    [InlineData(Loinc, "8867-4", Loinc, "8867-5", false)]
    [InlineData(Loinc, "8867-4", "http://snomed.info/sct", "8867-4", false)]
    [InlineData(Loinc, "8867-4", null, "8867-4", true)]
    [InlineData(Loinc, "8867-4", null, "8867-5", false)]
    [InlineData(Loinc, "8867-4", "", "8867-4", false)]
    [InlineData("", "8867-4", "", "8867-4", true)]
    [InlineData("", "8867-4", null, "8867-4", true)]
    [InlineData("", "8867-4", Loinc, "8867-4", false)]
    [InlineData(Loinc, "8867-4", Loinc, null, true)]
    [InlineData(Loinc, "", Loinc, null, true)]
    [InlineData("", "8867-4", Loinc, null, false)]
    [InlineData(Loinc, "a", Loinc, "A", false)]
    public void A_token_matches_by_system_and_code(string system, string code, string? askedSystem, string? askedCode, bool matches)
    {
        var statement = Of(terms => terms.Token("code"u8, Utf8(system), Utf8(code)));
        Assert.Equal(matches, new TokenCriterion("code", [new(askedSystem, askedCode)]).Matches(statement));
        Assert.Equal(!matches, new TokenCriterion("code", [new(askedSystem, askedCode)], Not: true).Matches(statement));
    }

    [Fact]
    public void Values_are_or_and_not_means_none_of_them()
    {
        var statement = Of(terms =>
        {
            terms.Token("code"u8, "s"u8, "a"u8);
            terms.Token("code"u8, "s"u8, "b"u8);
        });
        Assert.True(new TokenCriterion("code", [new(null, "z"), new(null, "b")]).Matches(statement));
        Assert.False(new TokenCriterion("code", [new(null, "z"), new(null, "b")], Not: true).Matches(statement));
        Assert.False(new TokenCriterion("category", [new(null, "b")]).Matches(statement));
        // R4 3.1.1.5.5: resources without the element match :not.
        Assert.True(new TokenCriterion("category", [new(null, "b")], Not: true).Matches(statement));
    }

    // R4 3.1.1.4.9: a bare id and Type/id are local references; another server's resource is named by its URL.
    [Theory]
    [InlineData("Patient/23", "Patient/23", true)]
    [InlineData("Patient/23", "23", true)]
    [InlineData("Patient/123", "23", false)]
    [InlineData("Patient/23", "Group/23", false)]
    [InlineData("Patient/23", "patient/23", false)]
    [InlineData("http://example.org/fhir/Patient/23", "http://example.org/fhir/Patient/23", true)]
    [InlineData("http://example.org/fhir/Patient/23", "Patient/23", false)]
    [InlineData("http://example.org/fhir/Patient/23", "23", false)]
    [InlineData("Patient/23/_history/4", "Patient/23", true)]
    [InlineData("Patient/23/_history/4", "23", true)]
    [InlineData("Patient/23/_history/4", "4", false)]
    [InlineData("Patient/23/_history/4", "Patient/23/_history/4", true)]
    [InlineData("Patient/23/_history/4", "Patient/23/_history/5", false)]
    [InlineData("#23", "23", false)]
    [InlineData("urn:uuid:23", "23", false)]
    public void A_reference_matches_by_id_type_and_id_or_url(string target, string asked, bool matches)
    {
        var statement = Of(terms => terms.Text(TermKind.Reference, "subject"u8, Utf8(target)));
        Assert.Equal(matches, new ReferenceCriterion("subject", ["none", asked]).Matches(statement));
        Assert.False(new ReferenceCriterion("performer", [asked]).Matches(statement));
    }

    [Fact]
    public void A_parameter_looks_only_at_terms_of_its_kind()
    {
        var statement = Of(terms => terms.Text(TermKind.String, "subject"u8, "Patient/23"u8));
        Assert.False(new ReferenceCriterion("subject", ["Patient/23"]).Matches(statement));
        Assert.False(new TokenCriterion("subject", [new(null, null)]).Matches(statement));
        Assert.False(new DateCriterion("subject", [new(DateComparison.NotEqual, 0, 1)]).Matches(statement));
    }

    [Fact]
    public void Terms_of_all_kinds_are_read_back_in_order()
    {
        var terms = new TermWriter();
        string longText = new('x', 300);
        terms.Token("t"u8, "s"u8, ""u8);
        terms.Date("d"u8, long.MinValue, long.MaxValue);
        terms.Quantity("q"u8, "1.50"u8, "http://unitsofmeasure.org"u8, "mg"u8);
        terms.Text(TermKind.String, "n"u8, Utf8(longText));
        terms.Text(TermKind.Number, "p"u8, "0.1"u8);
        var read = new List<string>();
        foreach (var term in terms.ToTerms())
            read.Add($"{term.Kind} {Text(term.Param)} {Text(term.Decimal)}/{Text(term.First)}/{Text(term.Second)} "
                + $"{term.FromTicks}..{term.UntilTicks}");
        Assert.Equal(
            [
                "Token t /s/ 0..0", $"Date d // {long.MinValue}..{long.MaxValue}", "Quantity q 1.50/http://unitsofmeasure.org/mg 0..0",
                $"String n /{longText}/ 0..0", "Number p /0.1/ 0..0",
            ],
            read);
        terms.Clear();
        Assert.True(terms.ToTerms().Bytes.IsEmpty);
    }

    [Fact]
    public void Id_and_lastUpdated_look_at_the_statement_itself()
    {
        var live = Live.After(Create("Observation/a"), Create("Observation/b"));
        var first = live["Observation/a"];
        Assert.True(new IdCriterion(["x", "a"]).Matches(first));
        Assert.False(new IdCriterion(["A"]).Matches(first));
        long second = first.At.UtcTicks;
        Assert.True(new LastUpdatedCriterion([new(DateComparison.Equal, second, second + TimeSpan.TicksPerSecond)]).Matches(first));
        Assert.False(new LastUpdatedCriterion([new(DateComparison.Greater, second, second + TimeSpan.TicksPerSecond)]).Matches(first));
        Assert.True(new LastUpdatedCriterion([new(DateComparison.Greater, second, second + TimeSpan.TicksPerSecond)])
            .Matches(live["Observation/b"]));
    }

    [Fact]
    public void A_search_pages_in_the_order_of_arrival_counts_all_and_passes_over_what_is_deleted()
    {
        var live = Live.After(Create("Observation/a"), Create("Condition/c"), Create("Observation/b"), Create("Observation/gone"),
            Delete("Observation/gone"));
        var page = Search(live, ["Observation"], skip: 1, count: 1);
        Assert.Equal((2, "Observation/b"), (page.Total, Assert.Single(page.Versions).Key.ToString()));
        Assert.Equal("Observation/b", Assert.Single(live.Entry.Versions).Key.ToString());
        Assert.Equal(("search-type", "Observation?x"), (live.Entry.Interaction, live.Entry.Asked));
        Assert.True(page.Versions[0].Body!.Terms.IsEmpty);
        Assert.Equal((3, 3), (Search(live, []).Total, Search(live, []).Versions.Length));
        var total = Search(live, ["Condition", "Observation"], count: 0);
        Assert.Equal((3, 0), (total.Total, total.Versions.Length));
    }

    [Fact]
    public void All_criteria_must_match()
    {
        var live = Live.After(Create("Observation/a"), Create("Observation/b"));
        Assert.Equal(1, Search(live, ["Observation"], new TokenCriterion("code", [new(null, "8867-4")]), new IdCriterion(["b"])).Total);
        Assert.Equal(0, Search(live, ["Observation"], new TokenCriterion("code", [new(null, "0")]), new IdCriterion(["b"])).Total);
    }

    [Fact]
    public void A_type_that_is_named_twice_is_searched_once()
    {
        var live = Live.After(Create("Observation/a"));
        Assert.Equal(1, Search(live, ["Observation", "Observation"]).Total);
    }

    [Fact]
    public void A_match_tells_keys_only_and_is_logged_when_it_is_told()
    {
        var live = Live.After(Create("Patient/x", Body(identifier: "17")), Create("Patient/y", Body(identifier: "17")),
            Create("Patient/z"));
        var match = new MatchRecord
        {
            Who = Clinician, Type = "Patient", Criteria = [new TokenCriterion("identifier", [new("urn:mrn", "17")])], Count = 2,
            Asked = "Patient?identifier=",
        };
        Assert.Equal(["x", "y"], ((Matched)live.Do(match)).Versions.Select(version => version.Key.Id));
        Assert.Empty(live.Last.Events);
        Assert.Single(((Matched)live.Do(match with { Count = 1, IsTold = true })).Versions);
        Assert.Equal("x", Assert.Single(live.Entry.Versions).Key.Id);
        Assert.Equal(new Refused(Rule.RoleNotPermitted), live.Do(match with { Who = Auditor }));
        Assert.Equal("RoleNotPermitted", live.Entry.RefusedBy);
    }

    private static Released Search(Live live, ImmutableArray<string> types, params Criterion[] criteria) =>
        Search(live, types, 0, 100, criteria);

    private static Released Search(Live live, ImmutableArray<string> types, int skip = 0, int count = 100, params Criterion[] criteria) =>
        (Released)live.Do(new SearchRecord
        {
            Who = Clinician, Types = types, Criteria = [.. criteria], Skip = skip, Count = count, Asked = "Observation?x",
            Interaction = "search-type",
        });

    private static Statement Of(Action<TermWriter> write)
    {
        var terms = new TermWriter();
        write(terms);
        return Live.After(Create("Observation/a", Body("{}", terms)))["Observation/a"];
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
