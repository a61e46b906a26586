using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Feeds;
using PatientGrains.Gateway.Grpc;
using PatientGrains.Gateway.Intake;
using PatientGrains.Grpc;
using PatientGrains.Grpc.Rpc;

namespace PatientGrains.Gateway.Tests.Grpc;

public class StatusTableTests
{
    public static TheoryData<Rule> Rules => [.. Enum.GetValues<Rule>()];

    public static TheoryData<RejectionKind> Kinds => [.. Enum.GetValues<RejectionKind>()];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Every_rule_has_a_status_with_its_name_and_words(Rule rule)
    {
        var status = StatusTable.Of(new Refused(rule, new ResourceKey("Observation", "x"), Version: 3), entry: 2);
        Assert.NotEqual(GrpcCode.Unknown, status.Code);
        Assert.EndsWith(".", status.Message);
        var info = status.Find<ErrorInfo>()!;
        Assert.Equal((rule.ToString(), "patientgrains", "3", "2"),
            (info.Reason, info.Domain, info.Metadata["version"], info.Metadata["entry"]));
        Assert.Equal("Observation/x", status.Find<ResourceInfo>()!.ResourceName);
        // The contract promises it for every INVALID_ARGUMENT.
        Assert.Equal(status.Code == GrpcCode.InvalidArgument, status.Find<BadRequest>() is not null);
    }

    [Fact]
    public void What_passes_by_itself_says_when_to_come_back_and_nothing_else_does()
    {
        foreach (var rule in Enum.GetValues<Rule>())
        {
            var status = StatusTable.Of(new Refused(rule));
            bool passes = status.Code is GrpcCode.Unavailable or GrpcCode.ResourceExhausted;
            Assert.Equal(passes, status.Find<RetryInfo>() is { RetryDelay.Seconds: > 0 });
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_rejection_names_what_is_wrong_where(RejectionKind kind)
    {
        var issue = new FhirIssue(FhirSeverity.Error, "invalid", "some-rule", "Some rule was broken.", "Observation.value", 1, 1);
        var status = StatusTable.Of(new Rejected([issue], kind));
        Assert.Equal(kind.ToString(), status.Find<ErrorInfo>()!.Reason);
        var violation = Assert.Single(status.Find<BadRequest>()!.FieldViolations);
        Assert.Equal(("Observation.value", "Some rule was broken. [some-rule]"), (violation.Field, violation.Description));
        Assert.Equal(kind == RejectionKind.Contended, status.Find<RetryInfo>() is not null);
    }

    [Theory]
    [InlineData(Rule.ResourceUnknown, GrpcCode.NotFound)]
    [InlineData(Rule.VersionStale, GrpcCode.Aborted)]
    [InlineData(Rule.MessageIdReused, GrpcCode.AlreadyExists)]
    [InlineData(Rule.RoleNotPermitted, GrpcCode.PermissionDenied)]
    [InlineData(Rule.RequesterUnknown, GrpcCode.Unauthenticated)]
    [InlineData(Rule.Busy, GrpcCode.ResourceExhausted)]
    [InlineData(Rule.Interrupted, GrpcCode.Unavailable)]
    public void Where_gRPC_says_what_a_code_means_it_is_that(Rule rule, GrpcCode code) => Assert.Equal(code, StatusTable.CodeOf(rule).Code);

    [Fact]
    public void Every_problem_of_a_subscription_has_a_status_on_both_fronts_and_words()
    {
        foreach (var problem in Enum.GetValues<FeedProblem>())
        {
            var status = StatusTable.Of(new FeedRefusal(problem, null));
            Assert.Equal(problem.ToString(), status.Find<ErrorInfo>()!.Reason);
            bool isFull = status.Code == GrpcCode.ResourceExhausted;
            Assert.Equal(isFull ? 429 : 400, FeedWords.StatusOf(problem));
            Assert.Equal(isFull, status.Find<RetryInfo>() is not null);
            Assert.Equal(!isFull, status.Find<BadRequest>() is not null);
        }
    }

    [Fact]
    public void Every_end_of_a_subscription_has_a_status()
    {
        foreach (var end in Enum.GetValues<FeedEnd>())
            Assert.Contains(StatusTable.Of(end).Code, new[] { GrpcCode.Unauthenticated, GrpcCode.Unavailable });
    }

    [Fact]
    public void What_is_outside_an_enum_is_a_bug_and_throws()
    {
        Assert.Throws<InvalidOperationException>(() => StatusTable.CodeOf((Rule)9999));
        Assert.Throws<InvalidOperationException>(() => StatusTable.CodeOf((RejectionKind)9999));
        Assert.Throws<InvalidOperationException>(() => StatusTable.CodeOf((FeedProblem)9999));
        Assert.Throws<InvalidOperationException>(() => FeedWords.Of((FeedProblem)9999));
    }
}
