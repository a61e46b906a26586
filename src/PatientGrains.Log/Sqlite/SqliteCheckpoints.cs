namespace PatientGrains.Log.Sqlite;

/// <summary>
/// Keeps the WAL bounded without holding the writer up. A checkpoint beside the writer copies nearly everything, but while the writer goes
/// on it never reaches the end, and only a WAL that was copied whole is begun anew. So the writer itself copies the short rest between two
/// groups. A checkpoint that fails for want of space loses nothing: what it should have copied stays in the WAL, and it is tried again.
/// </summary>
/// <param name="writer">The writer's connection.</param>
/// <param name="file">The database.</param>
/// <param name="begin">Frames after which copying begins.</param>
internal sealed class SqliteCheckpoints(SqliteDb writer, string file, int begin)
{
    /// <summary>
    /// Frames of 4 KB after which copying begins: 64 MB, what is kept of the WAL's file anyway. Each time costs the writer two syncs in
    /// which nobody is answered, however little is left to copy, so it is seldom. An opening after a crash reads so much once more: some
    /// 30 ms of processor time.
    /// </summary>
    public const int Begin = 16_000;

    /// <summary>Frames that the writer copies itself; about 10 ms.</summary>
    private int Rest => begin / 8;
    /// <summary>Frames at which the writer waits for the copying beside it, which does not keep up, and copies whatever is left: 256 MB.
    /// </summary>
    private int Most => begin * 4;

    private Task<int>? _beside;
    private int _frames;
    private int _copied;
    private bool _erased;

    /// <summary>The WAL holds what was erased until it is cut.</summary>
    public void Erased() => _erased = true;

    /// <summary>Cuts the WAL when the group erased something; tries again after the next group when a reader or another checkpoint is in
    /// the way.</summary>
    public void CutErased()
    {
        if (_erased)
            _erased = !Try(writer.CheckpointTruncate);
    }

    /// <exception cref="SqliteFailure">The database could not be synced.</exception>
    public void AfterGroup()
    {
        _frames += writer.TakePagesWritten();
        if (_beside is { IsCompleted: false } && _frames < Most)
            return;
        if (_beside is not null)
        {
            _copied = _beside.GetAwaiter().GetResult();
            _beside = null;
        }
        if (_frames < begin)
            return;
        if (_frames - _copied > Rest && _frames < Most)
            _beside = Task.Run(CopyBeside);
        else
            Try(CopyRest);
    }

    /// <summary>Lets a checkpoint that runs beside the writer end.</summary>
    public void Finish()
    {
        if (_beside is not null)
            Try(() => _beside.GetAwaiter().GetResult() >= 0);
    }

    private int CopyBeside()
    {
        int copied = 0;
        Try(() =>
        {
            using var db = SqliteDb.Open(file, readOnly: false);
            db.Execute(SqliteLog.Settings);
            return db.CheckpointPassive(out _, out copied);
        });
        return copied;
    }

    private bool CopyRest()
    {
        if (!writer.CheckpointPassive(out int frames, out int copied))
            return false;
        (_frames, _copied) = frames == copied ? (0, 0) : (frames, copied);
        return true;
    }

    private static bool Try(Func<bool> checkpoint)
    {
        try
        {
            return checkpoint();
        }
        catch (SqliteFailure e) when (e.MayGoOn)
        {
            return false;
        }
    }
}
