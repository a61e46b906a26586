using PatientGrains.LoadTests.Live;

namespace PatientGrains.LoadTests.Tests;

public class FirstFailureTests
{
    [Fact]
    public void The_cause_is_kept_and_not_what_came_of_it()
    {
        var failure = new FirstFailure();
        Assert.Equal("", $"{failure}");
        failure.Note("Internal: the server failed");
        failure.Note("Unavailable: the connection is gone");
        Assert.Equal("Internal: the server failed", $"{failure}");
    }
}
