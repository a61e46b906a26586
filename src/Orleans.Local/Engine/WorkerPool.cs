namespace Orleans.Local;

/// <summary>What a grain's identity leads to: its activation, or its workers.</summary>
internal interface IAddressee
{
    /// <summary>Takes a message; false when nothing is here any more and the sender must look again.</summary>
    bool TryAccept(Message message);
}

/// <summary>The activations of one stateless worker. A message goes to a free one, to a new one, or to the least busy.</summary>
internal sealed class WorkerPool(LocalEngine engine, GrainClass grainClass, string key) : IAddressee
{
    readonly Lock gate = new(); // may be held while taking an activation's
    readonly List<Activation> workers = [];
    bool closed;

    public bool TryAccept(Message message)
    {
        lock (gate)
        {
            if (closed)
            {
                return false;
            }

            while (true)
            {
                Activation? chosen = workers.MinBy(worker => worker.Load);
                if (chosen is null || (chosen.Load > 0 && workers.Count < grainClass.MaxWorkers))
                {
                    chosen = new(engine, grainClass, key, this);
                    workers.Add(chosen);
                }

                if (chosen.TryAccept(message))
                {
                    return true;
                }

                workers.Remove(chosen);
            }
        }
    }

    /// <summary>A worker is gone; what it had not started goes to the others.</summary>
    internal void Left(Activation worker, List<Message> unstarted)
    {
        lock (gate)
        {
            workers.Remove(worker);
            if (workers.Count == 0)
            {
                closed = true;
                grainClass.Remove(key, this);
            }
        }

        unstarted.ForEach(message => engine.Route(grainClass, key, message));
    }

    internal Activation[] Workers()
    {
        lock (gate)
        {
            return [.. workers];
        }
    }
}
