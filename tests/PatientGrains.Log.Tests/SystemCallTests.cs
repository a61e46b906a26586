namespace PatientGrains.Log.Tests;

/// <summary>
/// A killed process leaves the page cache alive, so a kill does not show that anything reached the disk. These tests look at the system
/// calls instead, and make them fail.
/// </summary>
public sealed class SystemCallTests
{
    private static readonly string[] Traced = ["-f", "-y", "-xx", "-s", "4200", "-e", "trace=fsync,fdatasync,write,pwrite64"];

    [ToolFact("strace")]
    public async Task A_successful_sync_of_the_log_stands_between_the_write_of_a_commit_and_its_acknowledgement()
    {
        using var child = new Child();
        await child.Run("r", decisions: 400, under: ["strace", .. Traced, "-o", child.TracePath]);
        var (unsynced, acknowledged) = SyncTrace.Check(File.ReadLines(child.TracePath));
        Assert.Empty(unsynced);
        Assert.True(acknowledged > 390, $"{acknowledged} acknowledgements were seen");
    }

    [ToolTheory("strace")]
    [InlineData("PRAGMA synchronous=OFF")]
    [InlineData("PRAGMA synchronous=NORMAL")]
    public async Task That_check_catches_a_log_that_does_not_sync(string planted)
    {
        using var child = new Child();
        await child.Run("r", decisions: 200, pragmas: planted, under: ["strace", .. Traced, "-o", child.TracePath]);
        var (unsynced, acknowledged) = SyncTrace.Check(File.ReadLines(child.TracePath));
        Assert.True(unsynced.Count > acknowledged * 9 / 10, $"{unsynced.Count} of {acknowledged} were caught");
    }

    [ToolFact("strace")]
    public async Task A_full_disk_refuses_and_loses_nothing_and_when_there_is_space_again_the_log_goes_on()
    {
        using var child = new Child();
        var lines = await child.Run("r", decisions: 1500, under:
            ["strace", "-f", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC:when=400..500"]);
        int firstFailure = lines.FindIndex(l => l.StartsWith("fail LogFullException", StringComparison.Ordinal));
        Assert.True(firstFailure > 0);
        Assert.Contains(lines[firstFailure..], l => l.StartsWith("ack ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.StartsWith("fail LogFailed", StringComparison.Ordinal));
        await child.Check(lines);
    }

    [ToolFact("strace")]
    public async Task After_a_failed_sync_the_log_stays_shut_until_it_is_opened_again()
    {
        using var child = new Child();
        var lines = await child.Run("r", decisions: 1500, under:
            ["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=30"]);
        int firstFailure = lines.FindIndex(l => l.StartsWith("fail LogFailedException", StringComparison.Ordinal));
        Assert.True(firstFailure > 0);
        // Answers of the group before may still be on their way to other requests; who was told gets no other answer any more.
        var failures = lines.Index().Where(l => l.Item.StartsWith("fail LogFailedException", StringComparison.Ordinal))
            .Select(l => (At: l.Index, Request: l.Item.Split(' ')[2])).DistinctBy(failure => failure.Request).ToList();
        Assert.Equal(failures.Count, failures.Count(failure => !lines[failure.At..].Exists(
            l => l.StartsWith("ack ", StringComparison.Ordinal) && l.Contains($" {failure.Request}-", StringComparison.Ordinal))));
        await child.Check(lines);
        lines.AddRange(await child.Run("again", decisions: 200));
        await child.Check(lines);
    }
}
