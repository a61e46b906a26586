using System.Net;
using PatientGrains.Core.Record;
using PatientGrains.Gateway.Fhir;

namespace PatientGrains.Gateway.Tests;

public class RefusalTableTests
{
    /// <summary>R4 value set issue-type, http://hl7.org/fhir/R4/valueset-issue-type.html.</summary>
    private static readonly HashSet<string> IssueTypes =
    [
        "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown", "expired", "forbidden", "suppressed",
        "processing",
        "not-supported", "duplicate", "multiple-matches", "not-found", "deleted", "too-long", "code-invalid", "extension", "too-costly",
        "business-rule", "conflict", "transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled",
        "informational",
    ];

    public static TheoryData<Rule> Rules => [.. Enum.GetValues<Rule>()];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Every_rule_has_a_status_an_issue_type_and_words(Rule rule)
    {
        var answer = RefusalTable.For(rule);
        Assert.InRange(answer.Status, 400, 599);
        Assert.Contains(answer.IssueCode, IssueTypes);
        Assert.EndsWith(".", answer.Diagnostics.TrimEnd());
    }

    [Theory]
    [InlineData(Rule.ResourceUnknown, HttpStatusCode.NotFound)]
    [InlineData(Rule.ResourceDeleted, HttpStatusCode.Gone)]
    [InlineData(Rule.VersionStale, HttpStatusCode.PreconditionFailed)]
    [InlineData(Rule.ConditionAmbiguous, HttpStatusCode.PreconditionFailed)]
    [InlineData(Rule.RoleNotPermitted, HttpStatusCode.Forbidden)]
    [InlineData(Rule.RequesterUnknown, HttpStatusCode.Unauthorized)]
    [InlineData(Rule.AlertUnknown, HttpStatusCode.NotFound)]
    [InlineData(Rule.AlertEnded, HttpStatusCode.Conflict)]
    [InlineData(Rule.AnswerNotAllowed, HttpStatusCode.UnprocessableEntity)]
    public void Where_R4_names_a_status_it_is_that(Rule rule, HttpStatusCode expected) =>
        Assert.Equal((int)expected, RefusalTable.For(rule).Status);

    [Fact]
    public void What_passes_by_itself_says_when_to_come_back()
    {
        foreach (var rule in Enum.GetValues<Rule>())
        {
            var answer = RefusalTable.For(rule);
            Assert.Equal(answer.Status is 503 or 507, answer.RetryAfterSeconds is > 0);
        }
    }

    [Fact]
    public void A_rule_outside_the_enum_is_a_bug_and_throws() =>
        Assert.Throws<InvalidOperationException>(() => RefusalTable.For((Rule)9999));
}
