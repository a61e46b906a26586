using PatientGrains.Fhir;
using PatientGrains.Gateway.Fhir;
using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Tests;

public class RejectionTableTests
{
    [Fact]
    public void Every_kind_of_rejection_has_a_status_of_the_client()
    {
        foreach (var kind in Enum.GetValues<RejectionKind>())
        {
            var issue = new FhirIssue(FhirSeverity.Error, "invalid", "some-rule", "Some rule was broken.", "Patient", 1, 1);
            var answer = RejectionTable.Answer(new Rejected([issue], kind));
            Assert.InRange(answer.Status, 400, 499);
            Assert.Equal(kind.ToString(), answer.RefusedBy);
            Assert.False(answer.Body.IsEmpty);
        }
    }

    [Theory]
    [InlineData(RejectionKind.Malformed, 400)]
    [InlineData(RejectionKind.Invalid, 422)]
    [InlineData(RejectionKind.Ambiguous, 412)]
    [InlineData(RejectionKind.PreconditionFailed, 412)]
    [InlineData(RejectionKind.TooLarge, 413)]
    public void Where_R4_names_a_status_it_is_that(RejectionKind kind, int expected) =>
        Assert.Equal(expected, RejectionTable.StatusOf(kind));

    [Fact]
    public void A_kind_outside_the_enum_is_a_bug_and_throws() =>
        Assert.Throws<InvalidOperationException>(() => RejectionTable.StatusOf((RejectionKind)9999));
}
